from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.model_drift import ModelDrift
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    task: str,
    *,
    if_none_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/models/{task}/drift".format(
            task=quote(str(task), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | ModelDrift | Problem | None:
    if response.status_code == 200:
        response_200 = ModelDrift.from_dict(response.json())

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
) -> Response[Any | ModelDrift | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    task: str,
    *,
    client: AuthenticatedClient | Client,
    if_none_match: str | Unset = UNSET,
) -> Response[Any | ModelDrift | Problem]:
    """Retrieve the drift of a model

     Retrieves how the pictures that arrive differ from those that the live version learned.

    Every night it is compared with the newest images, and with new labels. A stability index
    above 0.25 says that it needs new labels. The plot exists after the first comparison.

    Args:
        task (str):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ModelDrift | Problem]
    """

    kwargs = _get_kwargs(
        task=task,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    task: str,
    *,
    client: AuthenticatedClient | Client,
    if_none_match: str | Unset = UNSET,
) -> Any | ModelDrift | Problem | None:
    """Retrieve the drift of a model

     Retrieves how the pictures that arrive differ from those that the live version learned.

    Every night it is compared with the newest images, and with new labels. A stability index
    above 0.25 says that it needs new labels. The plot exists after the first comparison.

    Args:
        task (str):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ModelDrift | Problem
    """

    return sync_detailed(
        task=task,
        client=client,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    task: str,
    *,
    client: AuthenticatedClient | Client,
    if_none_match: str | Unset = UNSET,
) -> Response[Any | ModelDrift | Problem]:
    """Retrieve the drift of a model

     Retrieves how the pictures that arrive differ from those that the live version learned.

    Every night it is compared with the newest images, and with new labels. A stability index
    above 0.25 says that it needs new labels. The plot exists after the first comparison.

    Args:
        task (str):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ModelDrift | Problem]
    """

    kwargs = _get_kwargs(
        task=task,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    task: str,
    *,
    client: AuthenticatedClient | Client,
    if_none_match: str | Unset = UNSET,
) -> Any | ModelDrift | Problem | None:
    """Retrieve the drift of a model

     Retrieves how the pictures that arrive differ from those that the live version learned.

    Every night it is compared with the newest images, and with new labels. A stability index
    above 0.25 says that it needs new labels. The plot exists after the first comparison.

    Args:
        task (str):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ModelDrift | Problem
    """

    return (
        await asyncio_detailed(
            task=task,
            client=client,
            if_none_match=if_none_match,
        )
    ).parsed
