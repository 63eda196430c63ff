from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.image_histogram_page import ImageHistogramPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    user_id: str,
    *,
    tenant: str | Unset = UNSET,
    week: str | Unset = "current",
    tz: str | Unset = "UTC",
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["tenant"] = tenant

    params["week"] = week

    params["tz"] = tz

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/users/{user_id}/histograms".format(
            user_id=quote(str(user_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ImageHistogramPage | Problem | None:
    if response.status_code == 200:
        response_200 = ImageHistogramPage.from_dict(response.json())

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
) -> Response[ImageHistogramPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    week: str | Unset = "current",
    tz: str | Unset = "UTC",
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[ImageHistogramPage | Problem]:
    """List a user's histograms of a week

     Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
    that are not done, whose histogram failed, or for which it was not requested. Admin and
    service keys can read any user, client keys only their own.

    Args:
        user_id (str):
        tenant (str | Unset):
        week (str | Unset):  Default: 'current'.
        tz (str | Unset):  Default: 'UTC'.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImageHistogramPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        week=week,
        tz=tz,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    week: str | Unset = "current",
    tz: str | Unset = "UTC",
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> ImageHistogramPage | Problem | None:
    """List a user's histograms of a week

     Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
    that are not done, whose histogram failed, or for which it was not requested. Admin and
    service keys can read any user, client keys only their own.

    Args:
        user_id (str):
        tenant (str | Unset):
        week (str | Unset):  Default: 'current'.
        tz (str | Unset):  Default: 'UTC'.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImageHistogramPage | Problem
    """

    return sync_detailed(
        user_id=user_id,
        client=client,
        tenant=tenant,
        week=week,
        tz=tz,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    week: str | Unset = "current",
    tz: str | Unset = "UTC",
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[ImageHistogramPage | Problem]:
    """List a user's histograms of a week

     Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
    that are not done, whose histogram failed, or for which it was not requested. Admin and
    service keys can read any user, client keys only their own.

    Args:
        user_id (str):
        tenant (str | Unset):
        week (str | Unset):  Default: 'current'.
        tz (str | Unset):  Default: 'UTC'.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ImageHistogramPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        week=week,
        tz=tz,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    week: str | Unset = "current",
    tz: str | Unset = "UTC",
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> ImageHistogramPage | Problem | None:
    """List a user's histograms of a week

     Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
    that are not done, whose histogram failed, or for which it was not requested. Admin and
    service keys can read any user, client keys only their own.

    Args:
        user_id (str):
        tenant (str | Unset):
        week (str | Unset):  Default: 'current'.
        tz (str | Unset):  Default: 'UTC'.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ImageHistogramPage | Problem
    """

    return (
        await asyncio_detailed(
            user_id=user_id,
            client=client,
            tenant=tenant,
            week=week,
            tz=tz,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
