from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.created_upload_link import CreatedUploadLink
from ...models.problem import Problem
from ...models.upload_link_request import UploadLinkRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: UploadLinkRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/upload-links",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreatedUploadLink | Problem | None:
    if response.status_code == 201:
        response_201 = CreatedUploadLink.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreatedUploadLink | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadLinkRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[CreatedUploadLink | Problem]:
    """Create an upload link

     Creates an upload link. Only this response shows its token.

    A service key creates links for its users, without `tenant`. They end with it.

    If you send the request again with the same `Idempotency-Key` and the same API key, you
    get the same response with the same token.

    Args:
        idempotency_key (str | Unset):
        body (UploadLinkRequest): The values of a new upload link. One of `expires_in` and
            `expires_at` is required.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreatedUploadLink | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: UploadLinkRequest,
    idempotency_key: str | Unset = UNSET,
) -> CreatedUploadLink | Problem | None:
    """Create an upload link

     Creates an upload link. Only this response shows its token.

    A service key creates links for its users, without `tenant`. They end with it.

    If you send the request again with the same `Idempotency-Key` and the same API key, you
    get the same response with the same token.

    Args:
        idempotency_key (str | Unset):
        body (UploadLinkRequest): The values of a new upload link. One of `expires_in` and
            `expires_at` is required.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreatedUploadLink | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadLinkRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[CreatedUploadLink | Problem]:
    """Create an upload link

     Creates an upload link. Only this response shows its token.

    A service key creates links for its users, without `tenant`. They end with it.

    If you send the request again with the same `Idempotency-Key` and the same API key, you
    get the same response with the same token.

    Args:
        idempotency_key (str | Unset):
        body (UploadLinkRequest): The values of a new upload link. One of `expires_in` and
            `expires_at` is required.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreatedUploadLink | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: UploadLinkRequest,
    idempotency_key: str | Unset = UNSET,
) -> CreatedUploadLink | Problem | None:
    """Create an upload link

     Creates an upload link. Only this response shows its token.

    A service key creates links for its users, without `tenant`. They end with it.

    If you send the request again with the same `Idempotency-Key` and the same API key, you
    get the same response with the same token.

    Args:
        idempotency_key (str | Unset):
        body (UploadLinkRequest): The values of a new upload link. One of `expires_in` and
            `expires_at` is required.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreatedUploadLink | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
