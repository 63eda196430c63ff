"""API keys: created with a role, shown once, revoked."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from api.access.api_keys import ManageKeys
from api.http.parameters import DAY_SECONDS
from api.pages.admin.forms import PAGE_ITEMS, source_of, with_api_fields
from api.pages.errors import go_to
from api.pages.forms import Form, as_list, read_form
from api.schemas.keys import ApiKeyRequest, CreatedApiKeyView
from api.schemas.views import Cursor
from api.schemas.webhooks import KeyWebhookSecretView
from api.state import ApiRequest
from domain.api_keys import KeyRole
from domain.key_scopes import KeyScope
from storage.clock import utc_now

PATH = "/admin/keys"
TEXTS = "admin.keys"


@get("/keys")
async def show_keys(
    request: ApiRequest, manage_keys: NamedDependency[ManageKeys], cursor: Cursor = None
) -> Template:
    """Show the keys, newest first, with the form of a new one."""
    return await _page(request, manage_keys, cursor)


@post("/keys")
async def create_key(
    request: ApiRequest, manage_keys: NamedDependency[ManageKeys], data: URLEncodedBody[Form]
) -> Template:
    """Create a key, and show its secret once."""
    wanted = read_form(ApiKeyRequest, _fields(data), TEXTS)
    created = await manage_keys.create(source_of(request), wanted)
    return await _page(request, manage_keys, None, created.made)


@post("/keys/{key_id:str}/revoke")
async def revoke_key(
    request: ApiRequest, manage_keys: NamedDependency[ManageKeys], key_id: FromPath[str]
) -> Response[None]:
    """Revoke a key."""
    await manage_keys.revoke(request.user, key_id)
    return go_to(request, PATH)


@post("/keys/{key_id:str}/webhook-secret")
async def rotate_webhook_secret(
    request: ApiRequest, manage_keys: NamedDependency[ManageKeys], key_id: FromPath[str]
) -> Template:
    """Replace the secret that signs the callbacks of a key's jobs, and show the new one once."""
    rotated = await manage_keys.rotate_secret(source_of(request), key_id, DAY_SECONDS)
    return await _page(request, manage_keys, None, rotated=rotated.made)


async def _page(
    request: ApiRequest,
    manage_keys: ManageKeys,
    cursor: str | None,
    created: CreatedApiKeyView | None = None,
    rotated: KeyWebhookSecretView | None = None,
) -> Template:
    shown = {
        "page": await manage_keys.list_page(request.user, PAGE_ITEMS, cursor),
        "created": created,
        "rotated": rotated,
        "roles": list(KeyRole),
        "scopes": list(KeyScope),
        "now": utc_now(),
    }
    return Template("admin/keys.html", context=shown)


def _fields(form: Form) -> dict[str, Any]:
    """Turn the fields of the form into those of the request."""
    fields = with_api_fields(form, "max_stored_bytes", TEXTS)
    return fields | {"scopes": as_list(form.get("scopes"))}


ROUTES = (show_keys, create_key, revoke_key, rotate_webhook_secret)
