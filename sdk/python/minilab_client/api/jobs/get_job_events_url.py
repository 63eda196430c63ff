from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.events_url import EventsUrl
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    job_id: str,
    *,
    user_id: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/jobs/{job_id}/events-url".format(
            job_id=quote(str(job_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> EventsUrl | Problem | None:
    if response.status_code == 200:
        response_200 = EventsUrl.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[EventsUrl | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
) -> Response[EventsUrl | Problem]:
    """Create a URL of an event stream that needs no key

     Creates a URL of the job's event stream for an `EventSource`, which sends no key.

    Connect within a minute. An `EventSource` that has received an event can reconnect for a
    day. The stream ends when the key of this request is revoked or expires.

    Args:
        job_id (str):
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EventsUrl | Problem]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
        user_id=user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
) -> EventsUrl | Problem | None:
    """Create a URL of an event stream that needs no key

     Creates a URL of the job's event stream for an `EventSource`, which sends no key.

    Connect within a minute. An `EventSource` that has received an event can reconnect for a
    day. The stream ends when the key of this request is revoked or expires.

    Args:
        job_id (str):
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EventsUrl | Problem
    """

    return sync_detailed(
        job_id=job_id,
        client=client,
        user_id=user_id,
    ).parsed


async def asyncio_detailed(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
) -> Response[EventsUrl | Problem]:
    """Create a URL of an event stream that needs no key

     Creates a URL of the job's event stream for an `EventSource`, which sends no key.

    Connect within a minute. An `EventSource` that has received an event can reconnect for a
    day. The stream ends when the key of this request is revoked or expires.

    Args:
        job_id (str):
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EventsUrl | Problem]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
        user_id=user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
) -> EventsUrl | Problem | None:
    """Create a URL of an event stream that needs no key

     Creates a URL of the job's event stream for an `EventSource`, which sends no key.

    Connect within a minute. An `EventSource` that has received an event can reconnect for a
    day. The stream ends when the key of this request is revoked or expires.

    Args:
        job_id (str):
        user_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EventsUrl | Problem
    """

    return (
        await asyncio_detailed(
            job_id=job_id,
            client=client,
            user_id=user_id,
        )
    ).parsed
