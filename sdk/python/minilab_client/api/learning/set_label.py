from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.label import Label
from ...models.label_request import LabelRequest
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    image_id: str,
    task: str,
    *,
    body: LabelRequest,
    user_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/images/{image_id}/labels/{task}".format(
            image_id=quote(str(image_id), safe=""),
            task=quote(str(task), safe=""),
        ),
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Label | Problem | None:
    if response.status_code == 200:
        response_200 = Label.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Label | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    image_id: str,
    task: str,
    *,
    client: AuthenticatedClient | Client,
    body: LabelRequest,
    user_id: str | Unset = UNSET,
) -> Response[Label | Problem]:
    """Label an image

     Says what an image shows, for a task that a model learns.

    Each key has one label for an image and a task; the image shows the latest of them.

    Args:
        image_id (str):
        task (str):
        user_id (str | Unset):
        body (LabelRequest): The label of an image for the task of the path.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Label | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        task=task,
        body=body,
        user_id=user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    image_id: str,
    task: str,
    *,
    client: AuthenticatedClient | Client,
    body: LabelRequest,
    user_id: str | Unset = UNSET,
) -> Label | Problem | None:
    """Label an image

     Says what an image shows, for a task that a model learns.

    Each key has one label for an image and a task; the image shows the latest of them.

    Args:
        image_id (str):
        task (str):
        user_id (str | Unset):
        body (LabelRequest): The label of an image for the task of the path.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Label | Problem
    """

    return sync_detailed(
        image_id=image_id,
        task=task,
        client=client,
        body=body,
        user_id=user_id,
    ).parsed


async def asyncio_detailed(
    image_id: str,
    task: str,
    *,
    client: AuthenticatedClient | Client,
    body: LabelRequest,
    user_id: str | Unset = UNSET,
) -> Response[Label | Problem]:
    """Label an image

     Says what an image shows, for a task that a model learns.

    Each key has one label for an image and a task; the image shows the latest of them.

    Args:
        image_id (str):
        task (str):
        user_id (str | Unset):
        body (LabelRequest): The label of an image for the task of the path.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Label | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        task=task,
        body=body,
        user_id=user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    image_id: str,
    task: str,
    *,
    client: AuthenticatedClient | Client,
    body: LabelRequest,
    user_id: str | Unset = UNSET,
) -> Label | Problem | None:
    """Label an image

     Says what an image shows, for a task that a model learns.

    Each key has one label for an image and a task; the image shows the latest of them.

    Args:
        image_id (str):
        task (str):
        user_id (str | Unset):
        body (LabelRequest): The label of an image for the task of the path.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Label | Problem
    """

    return (
        await asyncio_detailed(
            image_id=image_id,
            task=task,
            client=client,
            body=body,
            user_id=user_id,
        )
    ).parsed
