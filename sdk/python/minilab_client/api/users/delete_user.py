from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job import Job
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    user_id: str,
    *,
    tenant: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["tenant"] = tenant

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/v1/users/{user_id}".format(
            user_id=quote(str(user_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Job | Problem | None:
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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Job | Problem]:
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
) -> Response[Job | Problem]:
    """Delete a user

     Deletes a user and everything they uploaded.

    The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
    canceled. Uploads that are accepted after this request are kept, and API keys of the user
    stay valid: to prevent new uploads, revoke them first. A second request while the job runs
    returns the same job, which then includes what was uploaded in between.

    Args:
        user_id (str):
        tenant (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Job | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
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
) -> Job | Problem | None:
    """Delete a user

     Deletes a user and everything they uploaded.

    The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
    canceled. Uploads that are accepted after this request are kept, and API keys of the user
    stay valid: to prevent new uploads, revoke them first. A second request while the job runs
    returns the same job, which then includes what was uploaded in between.

    Args:
        user_id (str):
        tenant (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Job | Problem
    """

    return sync_detailed(
        user_id=user_id,
        client=client,
        tenant=tenant,
    ).parsed


async def asyncio_detailed(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
) -> Response[Job | Problem]:
    """Delete a user

     Deletes a user and everything they uploaded.

    The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
    canceled. Uploads that are accepted after this request are kept, and API keys of the user
    stay valid: to prevent new uploads, revoke them first. A second request while the job runs
    returns the same job, which then includes what was uploaded in between.

    Args:
        user_id (str):
        tenant (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Job | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    user_id: str,
    *,
    client: AuthenticatedClient | Client,
    tenant: str | Unset = UNSET,
) -> Job | Problem | None:
    """Delete a user

     Deletes a user and everything they uploaded.

    The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
    canceled. Uploads that are accepted after this request are kept, and API keys of the user
    stay valid: to prevent new uploads, revoke them first. A second request while the job runs
    returns the same job, which then includes what was uploaded in between.

    Args:
        user_id (str):
        tenant (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Job | Problem
    """

    return (
        await asyncio_detailed(
            user_id=user_id,
            client=client,
            tenant=tenant,
        )
    ).parsed
