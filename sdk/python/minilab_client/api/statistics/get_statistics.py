from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.statistics import Statistics
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    params["tz"] = tz

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/statistics",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Problem | Statistics | None:
    if response.status_code == 200:
        response_200 = Statistics.from_dict(response.json())

        return response_200

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[Any | Problem | Statistics]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | Problem | Statistics]:
    """Retrieve the statistics

     Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.

    Args:
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | Statistics]
    """

    kwargs = _get_kwargs(
        tz=tz,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Any | Problem | Statistics | None:
    """Retrieve the statistics

     Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.

    Args:
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | Statistics
    """

    return sync_detailed(
        client=client,
        tz=tz,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | Problem | Statistics]:
    """Retrieve the statistics

     Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.

    Args:
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | Statistics]
    """

    kwargs = _get_kwargs(
        tz=tz,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Any | Problem | Statistics | None:
    """Retrieve the statistics

     Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.

    Args:
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | Statistics
    """

    return (
        await asyncio_detailed(
            client=client,
            tz=tz,
            if_none_match=if_none_match,
        )
    ).parsed
