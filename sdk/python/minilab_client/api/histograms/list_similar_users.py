import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.metric import Metric
from ...models.problem import Problem
from ...models.similar import Similar
from ...types import UNSET, Response, Unset


def _get_kwargs(
    user_id: str,
    *,
    tenant: str | Unset = UNSET,
    n: int | Unset = 10,
    metric: Metric | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    image_id: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["tenant"] = tenant

    params["n"] = n

    json_metric: str | Unset = UNSET
    if not isinstance(metric, Unset):
        json_metric = metric.value

    params["metric"] = json_metric

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    params["image_id"] = image_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/users/{user_id}/similar".format(
            user_id=quote(str(user_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Similar | None:
    if response.status_code == 200:
        response_200 = Similar.from_dict(response.json())

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

    if response.status_code == 410:
        response_410 = Problem.from_dict(response.json())

        return response_410

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Similar]:
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
    n: int | Unset = 10,
    metric: Metric | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    image_id: str | Unset = UNSET,
) -> Response[Problem | Similar]:
    """List similar users

     Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures. With
    a service key, only users of its tenant, or users without a tenant, are compared.

    Args:
        user_id (str):
        tenant (str | Unset):
        n (int | Unset):  Default: 10.
        metric (Metric | Unset): The measure of distance; less is more similar.
        since (datetime.datetime | Unset):
        image_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Similar]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        n=n,
        metric=metric,
        since=since,
        image_id=image_id,
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
    n: int | Unset = 10,
    metric: Metric | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    image_id: str | Unset = UNSET,
) -> Problem | Similar | None:
    """List similar users

     Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures. With
    a service key, only users of its tenant, or users without a tenant, are compared.

    Args:
        user_id (str):
        tenant (str | Unset):
        n (int | Unset):  Default: 10.
        metric (Metric | Unset): The measure of distance; less is more similar.
        since (datetime.datetime | Unset):
        image_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Similar
    """

    return sync_detailed(
        user_id=user_id,
        client=client,
        tenant=tenant,
        n=n,
        metric=metric,
        since=since,
        image_id=image_id,
    ).parsed


async def asyncio_detailed(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    n: int | Unset = 10,
    metric: Metric | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    image_id: str | Unset = UNSET,
) -> Response[Problem | Similar]:
    """List similar users

     Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures. With
    a service key, only users of its tenant, or users without a tenant, are compared.

    Args:
        user_id (str):
        tenant (str | Unset):
        n (int | Unset):  Default: 10.
        metric (Metric | Unset): The measure of distance; less is more similar.
        since (datetime.datetime | Unset):
        image_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Similar]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        n=n,
        metric=metric,
        since=since,
        image_id=image_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
    n: int | Unset = 10,
    metric: Metric | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    image_id: str | Unset = UNSET,
) -> Problem | Similar | None:
    """List similar users

     Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures. With
    a service key, only users of its tenant, or users without a tenant, are compared.

    Args:
        user_id (str):
        tenant (str | Unset):
        n (int | Unset):  Default: 10.
        metric (Metric | Unset): The measure of distance; less is more similar.
        since (datetime.datetime | Unset):
        image_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Similar
    """

    return (
        await asyncio_detailed(
            user_id=user_id,
            client=client,
            tenant=tenant,
            n=n,
            metric=metric,
            since=since,
            image_id=image_id,
        )
    ).parsed
