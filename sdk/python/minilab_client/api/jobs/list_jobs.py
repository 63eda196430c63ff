from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job_summary_page import JobSummaryPage
from ...models.problem import Problem
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["tenant"] = tenant

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status.value

    params["status"] = json_status

    params["external_id"] = external_id

    json_tag: list[str] | Unset = UNSET
    if not isinstance(tag, Unset):
        json_tag = tag

    params["tag"] = json_tag

    json_attribute: list[str] | Unset = UNSET
    if not isinstance(attribute, Unset):
        json_attribute = attribute

    params["attribute"] = json_attribute

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/jobs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> JobSummaryPage | Problem | None:
    if response.status_code == 200:
        response_200 = JobSummaryPage.from_dict(response.json())

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
) -> Response[JobSummaryPage | Problem]:
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
    status: Status | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[JobSummaryPage | Problem]:
    """List jobs

     Lists jobs, newest first.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobSummaryPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        status=status,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
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
    status: Status | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> JobSummaryPage | Problem | None:
    """List jobs

     Lists jobs, newest first.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobSummaryPage | Problem
    """

    return sync_detailed(
        client=client,
        user_id=user_id,
        tenant=tenant,
        status=status,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> Response[JobSummaryPage | Problem]:
    """List jobs

     Lists jobs, newest first.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobSummaryPage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        status=status,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
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
    status: Status | Unset = UNSET,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
) -> JobSummaryPage | Problem | None:
    """List jobs

     Lists jobs, newest first.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobSummaryPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            user_id=user_id,
            tenant=tenant,
            status=status,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
