from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.median_histogram import MedianHistogram
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    tenant: str | Unset = UNSET,
    day: str | Unset = "today",
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    params["tenant"] = tenant

    params["day"] = day

    params["tz"] = tz

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/histograms/median",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | MedianHistogram | Problem | None:
    if response.status_code == 200:
        response_200 = MedianHistogram.from_dict(response.json())

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
) -> Response[Any | MedianHistogram | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    day: str | Unset = "today",
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | MedianHistogram | Problem]:
    """Retrieve the median histogram of a day

     Retrieves the median of each gray level over all images of all users on a day.

    With a key that has a tenant, over those of its users; with a service key without one, over
    those of users without a tenant.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.

    Args:
        tenant (str | Unset):
        day (str | Unset):  Default: 'today'.
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | MedianHistogram | Problem]
    """

    kwargs = _get_kwargs(
        tenant=tenant,
        day=day,
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
    tenant: str | Unset = UNSET,
    day: str | Unset = "today",
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Any | MedianHistogram | Problem | None:
    """Retrieve the median histogram of a day

     Retrieves the median of each gray level over all images of all users on a day.

    With a key that has a tenant, over those of its users; with a service key without one, over
    those of users without a tenant.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.

    Args:
        tenant (str | Unset):
        day (str | Unset):  Default: 'today'.
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | MedianHistogram | Problem
    """

    return sync_detailed(
        client=client,
        tenant=tenant,
        day=day,
        tz=tz,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    day: str | Unset = "today",
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Response[Any | MedianHistogram | Problem]:
    """Retrieve the median histogram of a day

     Retrieves the median of each gray level over all images of all users on a day.

    With a key that has a tenant, over those of its users; with a service key without one, over
    those of users without a tenant.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.

    Args:
        tenant (str | Unset):
        day (str | Unset):  Default: 'today'.
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | MedianHistogram | Problem]
    """

    kwargs = _get_kwargs(
        tenant=tenant,
        day=day,
        tz=tz,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    day: str | Unset = "today",
    tz: str | Unset = "UTC",
    if_none_match: str | Unset = UNSET,
) -> Any | MedianHistogram | Problem | None:
    """Retrieve the median histogram of a day

     Retrieves the median of each gray level over all images of all users on a day.

    With a key that has a tenant, over those of its users; with a service key without one, over
    those of users without a tenant.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.

    Args:
        tenant (str | Unset):
        day (str | Unset):  Default: 'today'.
        tz (str | Unset):  Default: 'UTC'.
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | MedianHistogram | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            tenant=tenant,
            day=day,
            tz=tz,
            if_none_match=if_none_match,
        )
    ).parsed
