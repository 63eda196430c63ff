from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.key_webhook_secret import KeyWebhookSecret
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    key_id: str,
    *,
    overlap_seconds: int | Unset = 86400,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    params["overlap_seconds"] = overlap_seconds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/api-keys/{key_id}/webhook-secret".format(
            key_id=quote(str(key_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> KeyWebhookSecret | Problem | None:
    if response.status_code == 200:
        response_200 = KeyWebhookSecret.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
) -> Response[KeyWebhookSecret | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    key_id: str,
    *,
    client: AuthenticatedClient | Client,
    overlap_seconds: int | Unset = 86400,
    idempotency_key: str | Unset = UNSET,
) -> Response[KeyWebhookSecret | Problem]:
    """Rotate the webhook secret of an API key

     Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

    Until the old secret expires, both sign. The ID of the admin key in the settings is
    `admin`. For admins.

    Args:
        key_id (str):
        overlap_seconds (int | Unset):  Default: 86400.
        idempotency_key (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KeyWebhookSecret | Problem]
    """

    kwargs = _get_kwargs(
        key_id=key_id,
        overlap_seconds=overlap_seconds,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    key_id: str,
    *,
    client: AuthenticatedClient | Client,
    overlap_seconds: int | Unset = 86400,
    idempotency_key: str | Unset = UNSET,
) -> KeyWebhookSecret | Problem | None:
    """Rotate the webhook secret of an API key

     Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

    Until the old secret expires, both sign. The ID of the admin key in the settings is
    `admin`. For admins.

    Args:
        key_id (str):
        overlap_seconds (int | Unset):  Default: 86400.
        idempotency_key (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KeyWebhookSecret | Problem
    """

    return sync_detailed(
        key_id=key_id,
        client=client,
        overlap_seconds=overlap_seconds,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    key_id: str,
    *,
    client: AuthenticatedClient | Client,
    overlap_seconds: int | Unset = 86400,
    idempotency_key: str | Unset = UNSET,
) -> Response[KeyWebhookSecret | Problem]:
    """Rotate the webhook secret of an API key

     Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

    Until the old secret expires, both sign. The ID of the admin key in the settings is
    `admin`. For admins.

    Args:
        key_id (str):
        overlap_seconds (int | Unset):  Default: 86400.
        idempotency_key (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KeyWebhookSecret | Problem]
    """

    kwargs = _get_kwargs(
        key_id=key_id,
        overlap_seconds=overlap_seconds,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    key_id: str,
    *,
    client: AuthenticatedClient | Client,
    overlap_seconds: int | Unset = 86400,
    idempotency_key: str | Unset = UNSET,
) -> KeyWebhookSecret | Problem | None:
    """Rotate the webhook secret of an API key

     Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

    Until the old secret expires, both sign. The ID of the admin key in the settings is
    `admin`. For admins.

    Args:
        key_id (str):
        overlap_seconds (int | Unset):  Default: 86400.
        idempotency_key (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KeyWebhookSecret | Problem
    """

    return (
        await asyncio_detailed(
            key_id=key_id,
            client=client,
            overlap_seconds=overlap_seconds,
            idempotency_key=idempotency_key,
        )
    ).parsed
