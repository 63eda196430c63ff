"""Routes of API keys and upload links, for admins and for back ends with a service key."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.access.api_keys import ManageKeys
from api.access.create_once import RequestKey
from api.access.upload_links import ManageLinks
from api.answers.created import answer_created
from api.contract.route_docs import answer, problems
from api.http.addresses import service_address
from api.http.guards import SCOPES, admins_and_services, admins_only
from api.http.parameters import DAY_SECONDS, LinkId, OverlapSeconds, id_of
from api.schemas.keys import ApiKeyRequest, ApiKeyView, CreatedApiKeyView
from api.schemas.upload_links import CreatedUploadLinkView, UploadLinkRequest, UploadLinkView
from api.schemas.views import CountedPage, Cursor, Limit
from api.schemas.webhooks import KeyWebhookSecretView
from api.state import ApiRequest

KeyId = Annotated[str, id_of("API key")]


class KeyController(Controller):
    """API keys."""

    path = "/v1/api-keys"
    tags = ("api keys",)
    guards = (admins_and_services,)

    @post(
        operation_id="createApiKey",
        summary="Create an API key",
        responses={201: answer(CreatedApiKeyView, "The new API key.")} | problems(400, 403, 409),
        opt={SCOPES: frozenset()},
    )
    async def create_key(
        self,
        manage_keys: NamedDependency[ManageKeys],
        source: NamedDependency[RequestKey],
        data: JSONBody[ApiKeyRequest],
    ) -> Response[CreatedApiKeyView]:
        """Creates an API key. Only this response shows its secret.

        A service key creates client keys for its users: with an expiry, with scopes that it has
        itself, and without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key of your
        own, you get the same response with the same secret.
        """
        return answer_created(await manage_keys.create(source, data))

    @get(
        operation_id="listApiKeys",
        summary="List API keys",
        responses={200: answer(CountedPage[ApiKeyView], "A page of API keys.")} | problems(403),
    )
    async def list_keys(
        self,
        request: ApiRequest,
        manage_keys: NamedDependency[ManageKeys],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> CountedPage[ApiKeyView]:
        """Lists API keys without their secrets, newest first; includes revoked and expired keys.

        With a service key, lists the keys that it created or, if it has a tenant, that any service
        key of the tenant created.
        """
        return await manage_keys.list_page(request.user, limit, cursor)

    @get(
        "/{key_id:str}",
        operation_id="getApiKey",
        summary="Retrieve an API key",
        responses={200: answer(ApiKeyView, "The API key.")} | problems(403, 404),
    )
    async def get_key(
        self, request: ApiRequest, manage_keys: NamedDependency[ManageKeys], key_id: KeyId
    ) -> ApiKeyView:
        """Retrieves an API key without its secret."""
        return await manage_keys.read(request.user, key_id)

    @delete(
        "/{key_id:str}",
        operation_id="revokeApiKey",
        summary="Revoke an API key",
        responses=problems(403, 404),
    )
    async def revoke_key(
        self, request: ApiRequest, manage_keys: NamedDependency[ManageKeys], key_id: KeyId
    ) -> None:
        """Revokes an API key immediately and permanently.

        The keys and upload links that a service key created are revoked with it.
        """
        await manage_keys.revoke(request.user, key_id)

    @post(
        "/{key_id:str}/webhook-secret",
        operation_id="rotateApiKeyWebhookSecret",
        summary="Rotate the webhook secret of an API key",
        status_code=HTTP_200_OK,
        responses={200: answer(KeyWebhookSecretView, "The new secret.")} | problems(403, 404, 409),
        guards=[admins_only],
    )
    async def rotate_webhook_secret(
        self,
        manage_keys: NamedDependency[ManageKeys],
        source: NamedDependency[RequestKey],
        key_id: KeyId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
    ) -> Response[KeyWebhookSecretView]:
        """Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

        Until the old secret expires, both sign. The ID of the admin key in the settings is
        `admin`. For admins.
        """
        return answer_created(await manage_keys.rotate_secret(source, key_id, overlap_seconds))


class UploadLinkController(Controller):
    """Upload links."""

    path = "/v1/upload-links"
    tags = ("upload links",)
    guards = (admins_and_services,)

    @post(
        operation_id="createUploadLink",
        summary="Create an upload link",
        responses={201: answer(CreatedUploadLinkView, "The new link.")} | problems(400, 403, 409),
    )
    async def create_link(
        self,
        request: ApiRequest,
        manage_links: NamedDependency[ManageLinks],
        source: NamedDependency[RequestKey],
        data: JSONBody[UploadLinkRequest],
    ) -> Response[CreatedUploadLinkView]:
        """Creates an upload link. Only this response shows its token.

        A service key creates links for its users, without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key, you
        get the same response with the same token.
        """
        return answer_created(await manage_links.create(source, data, service_address(request)))

    @get(
        operation_id="listUploadLinks",
        summary="List upload links",
        responses={200: answer(CountedPage[UploadLinkView], "A page of links.")} | problems(403),
    )
    async def list_links(
        self,
        request: ApiRequest,
        manage_links: NamedDependency[ManageLinks],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> CountedPage[UploadLinkView]:
        """Lists upload links and their usage, newest first; includes those that take no files.

        With a service key, lists the links that it created or, if it has a tenant, that any
        service key of the tenant created.
        """
        return await manage_links.list_page(request.user, limit, cursor)

    @get(
        "/{link_id:str}",
        operation_id="getUploadLink",
        summary="Retrieve an upload link",
        responses={200: answer(UploadLinkView, "The link.")} | problems(403, 404),
    )
    async def get_link(
        self, request: ApiRequest, manage_links: NamedDependency[ManageLinks], link_id: LinkId
    ) -> UploadLinkView:
        """Retrieves an upload link and its usage.

        `GET /v1/images?link_id=` lists the images that were uploaded through it.
        """
        return await manage_links.read(request.user, link_id)

    @delete(
        "/{link_id:str}",
        operation_id="revokeUploadLink",
        summary="Revoke an upload link",
        responses=problems(403, 404),
    )
    async def revoke_link(
        self, request: ApiRequest, manage_links: NamedDependency[ManageLinks], link_id: LinkId
    ) -> None:
        """Revokes an upload link immediately and permanently; uploads in progress end with a 410.

        Images that were uploaded through it are kept.
        """
        await manage_links.revoke(request.user, link_id)
