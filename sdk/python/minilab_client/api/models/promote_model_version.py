from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.model_version_detail import ModelVersionDetail
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    task: str,
    version: int,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/models/{task}/versions/{version}/promote".format(
            task=quote(str(task), safe=""),
            version=quote(str(version), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ModelVersionDetail | Problem | None:
    if response.status_code == 200:
        response_200 = ModelVersionDetail.from_dict(response.json())

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
) -> Response[ModelVersionDetail | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    task: str,
    version: int,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ModelVersionDetail | Problem]:
    """Promote a version of a model

     Makes a version live, and retires the one that was. An older version is a rollback.

    Predictions of other versions are stale from then on, and made again from the stored
    embeddings.

    Args:
        task (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ModelVersionDetail | Problem]
    """

    kwargs = _get_kwargs(
        task=task,
        version=version,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    task: str,
    version: int,
    *,
    client: AuthenticatedClient | Client,
) -> ModelVersionDetail | Problem | None:
    """Promote a version of a model

     Makes a version live, and retires the one that was. An older version is a rollback.

    Predictions of other versions are stale from then on, and made again from the stored
    embeddings.

    Args:
        task (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ModelVersionDetail | Problem
    """

    return sync_detailed(
        task=task,
        version=version,
        client=client,
    ).parsed


async def asyncio_detailed(
    task: str,
    version: int,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ModelVersionDetail | Problem]:
    """Promote a version of a model

     Makes a version live, and retires the one that was. An older version is a rollback.

    Predictions of other versions are stale from then on, and made again from the stored
    embeddings.

    Args:
        task (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ModelVersionDetail | Problem]
    """

    kwargs = _get_kwargs(
        task=task,
        version=version,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    task: str,
    version: int,
    *,
    client: AuthenticatedClient | Client,
) -> ModelVersionDetail | Problem | None:
    """Promote a version of a model

     Makes a version live, and retires the one that was. An older version is a rollback.

    Predictions of other versions are stale from then on, and made again from the stored
    embeddings.

    Args:
        task (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ModelVersionDetail | Problem
    """

    return (
        await asyncio_detailed(
            task=task,
            version=version,
            client=client,
        )
    ).parsed
