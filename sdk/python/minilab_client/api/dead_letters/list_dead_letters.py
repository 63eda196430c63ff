from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.dead_letter_code import DeadLetterCode
from ...models.dead_letter_page import DeadLetterPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    code: DeadLetterCode | Unset = UNSET,
    job_id: str | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["tenant"] = tenant

    json_code: str | Unset = UNSET
    if not isinstance(code, Unset):
        json_code = code.value

    params["code"] = json_code

    params["job_id"] = job_id

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/dead-letters",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DeadLetterPage | Problem | None:
    if response.status_code == 200:
        response_200 = DeadLetterPage.from_dict(response.json())

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
) -> Response[DeadLetterPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    code: DeadLetterCode | Unset = UNSET,
    job_id: str | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[DeadLetterPage | Problem]:
    """List dead letters

     Lists the images that the service gave up, newest image first.

    An image is given up if it ended its process several times, took too long, was started too
    often, or met an internal error. Damaged and refused files are not dead letters.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        code (DeadLetterCode | Unset): The error of a dead letter.
        job_id (str | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetterPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        code=code,
        job_id=job_id,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    code: DeadLetterCode | Unset = UNSET,
    job_id: str | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> DeadLetterPage | Problem | None:
    """List dead letters

     Lists the images that the service gave up, newest image first.

    An image is given up if it ended its process several times, took too long, was started too
    often, or met an internal error. Damaged and refused files are not dead letters.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        code (DeadLetterCode | Unset): The error of a dead letter.
        job_id (str | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetterPage | Problem
    """

    return sync_detailed(
        client=client,
        user_id=user_id,
        tenant=tenant,
        code=code,
        job_id=job_id,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    code: DeadLetterCode | Unset = UNSET,
    job_id: str | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[DeadLetterPage | Problem]:
    """List dead letters

     Lists the images that the service gave up, newest image first.

    An image is given up if it ended its process several times, took too long, was started too
    often, or met an internal error. Damaged and refused files are not dead letters.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        code (DeadLetterCode | Unset): The error of a dead letter.
        job_id (str | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetterPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        code=code,
        job_id=job_id,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    code: DeadLetterCode | Unset = UNSET,
    job_id: str | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> DeadLetterPage | Problem | None:
    """List dead letters

     Lists the images that the service gave up, newest image first.

    An image is given up if it ended its process several times, took too long, was started too
    often, or met an internal error. Damaged and refused files are not dead letters.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        code (DeadLetterCode | Unset): The error of a dead letter.
        job_id (str | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetterPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            user_id=user_id,
            tenant=tenant,
            code=code,
            job_id=job_id,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
