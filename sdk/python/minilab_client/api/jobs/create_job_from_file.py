from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.gps_policy import GpsPolicy
from ...models.job import Job
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File,
    operations: str | Unset = UNSET,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    gps: GpsPolicy | Unset = UNSET,
    callback_url: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tags: str | Unset = UNSET,
    attributes: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    content_disposition: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(content_disposition, Unset):
        headers["Content-Disposition"] = content_disposition

    params: dict[str, Any] = {}

    params["operations"] = operations

    params["user_id"] = user_id

    params["tenant"] = tenant

    json_gps: str | Unset = UNSET
    if not isinstance(gps, Unset):
        json_gps = gps.value

    params["gps"] = json_gps

    params["callback_url"] = callback_url

    params["external_id"] = external_id

    params["tags"] = tags

    params["attributes"] = attributes

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/jobs/file",
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Job | Problem | None:
    if response.status_code == 200:
        response_200 = Job.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = Job.from_dict(response.json())

        return response_202

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 410:
        response_410 = Problem.from_dict(response.json())

        return response_410

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Job | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    operations: str | Unset = UNSET,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    gps: GpsPolicy | Unset = UNSET,
    callback_url: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tags: str | Unset = UNSET,
    attributes: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    content_disposition: str | Unset = UNSET,
) -> Response[Job | Problem]:
    """Upload one file as the body

     Uploads one file, which is the body of the request, and creates a job for it.

    The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
    from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.

    Args:
        operations (str | Unset):
        user_id (str | Unset):
        tenant (str | Unset):
        gps (GpsPolicy | Unset): Whether the position of a picture is served or removed.
        callback_url (str | Unset):
        external_id (str | Unset):
        tags (str | Unset):
        attributes (str | Unset):
        prefer (str | Unset):
        idempotency_key (str | Unset):
        content_disposition (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Job | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        operations=operations,
        user_id=user_id,
        tenant=tenant,
        gps=gps,
        callback_url=callback_url,
        external_id=external_id,
        tags=tags,
        attributes=attributes,
        prefer=prefer,
        idempotency_key=idempotency_key,
        content_disposition=content_disposition,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    operations: str | Unset = UNSET,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    gps: GpsPolicy | Unset = UNSET,
    callback_url: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tags: str | Unset = UNSET,
    attributes: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    content_disposition: str | Unset = UNSET,
) -> Job | Problem | None:
    """Upload one file as the body

     Uploads one file, which is the body of the request, and creates a job for it.

    The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
    from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.

    Args:
        operations (str | Unset):
        user_id (str | Unset):
        tenant (str | Unset):
        gps (GpsPolicy | Unset): Whether the position of a picture is served or removed.
        callback_url (str | Unset):
        external_id (str | Unset):
        tags (str | Unset):
        attributes (str | Unset):
        prefer (str | Unset):
        idempotency_key (str | Unset):
        content_disposition (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Job | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        operations=operations,
        user_id=user_id,
        tenant=tenant,
        gps=gps,
        callback_url=callback_url,
        external_id=external_id,
        tags=tags,
        attributes=attributes,
        prefer=prefer,
        idempotency_key=idempotency_key,
        content_disposition=content_disposition,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    operations: str | Unset = UNSET,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    gps: GpsPolicy | Unset = UNSET,
    callback_url: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tags: str | Unset = UNSET,
    attributes: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    content_disposition: str | Unset = UNSET,
) -> Response[Job | Problem]:
    """Upload one file as the body

     Uploads one file, which is the body of the request, and creates a job for it.

    The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
    from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.

    Args:
        operations (str | Unset):
        user_id (str | Unset):
        tenant (str | Unset):
        gps (GpsPolicy | Unset): Whether the position of a picture is served or removed.
        callback_url (str | Unset):
        external_id (str | Unset):
        tags (str | Unset):
        attributes (str | Unset):
        prefer (str | Unset):
        idempotency_key (str | Unset):
        content_disposition (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Job | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        operations=operations,
        user_id=user_id,
        tenant=tenant,
        gps=gps,
        callback_url=callback_url,
        external_id=external_id,
        tags=tags,
        attributes=attributes,
        prefer=prefer,
        idempotency_key=idempotency_key,
        content_disposition=content_disposition,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: File,
    operations: str | Unset = UNSET,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    gps: GpsPolicy | Unset = UNSET,
    callback_url: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tags: str | Unset = UNSET,
    attributes: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    content_disposition: str | Unset = UNSET,
) -> Job | Problem | None:
    """Upload one file as the body

     Uploads one file, which is the body of the request, and creates a job for it.

    The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
    from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.

    Args:
        operations (str | Unset):
        user_id (str | Unset):
        tenant (str | Unset):
        gps (GpsPolicy | Unset): Whether the position of a picture is served or removed.
        callback_url (str | Unset):
        external_id (str | Unset):
        tags (str | Unset):
        attributes (str | Unset):
        prefer (str | Unset):
        idempotency_key (str | Unset):
        content_disposition (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Job | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            operations=operations,
            user_id=user_id,
            tenant=tenant,
            gps=gps,
            callback_url=callback_url,
            external_id=external_id,
            tags=tags,
            attributes=attributes,
            prefer=prefer,
            idempotency_key=idempotency_key,
            content_disposition=content_disposition,
        )
    ).parsed
