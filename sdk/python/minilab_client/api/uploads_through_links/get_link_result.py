from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.link_image import LinkImage
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    token: str,
    image_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/results/{token}/images/{image_id}".format(
            token=quote(str(token), safe=""),
            image_id=quote(str(image_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> LinkImage | Problem | None:
    if response.status_code == 200:
        response_200 = LinkImage.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[LinkImage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    token: str,
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[LinkImage | Problem]:
    """Retrieve the results of an image for its uploader

     Retrieves an image of a job by the `results_url` that the answer to its upload had.

    Other holders of the link do not know this URL, so people see the results of their own uploads
    only. It works for a week at least, and ends when the link is revoked.

    Args:
        token (str):
        image_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LinkImage | Problem]
    """

    kwargs = _get_kwargs(
        token=token,
        image_id=image_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    token: str,
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> LinkImage | Problem | None:
    """Retrieve the results of an image for its uploader

     Retrieves an image of a job by the `results_url` that the answer to its upload had.

    Other holders of the link do not know this URL, so people see the results of their own uploads
    only. It works for a week at least, and ends when the link is revoked.

    Args:
        token (str):
        image_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LinkImage | Problem
    """

    return sync_detailed(
        token=token,
        image_id=image_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    token: str,
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[LinkImage | Problem]:
    """Retrieve the results of an image for its uploader

     Retrieves an image of a job by the `results_url` that the answer to its upload had.

    Other holders of the link do not know this URL, so people see the results of their own uploads
    only. It works for a week at least, and ends when the link is revoked.

    Args:
        token (str):
        image_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LinkImage | Problem]
    """

    kwargs = _get_kwargs(
        token=token,
        image_id=image_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    token: str,
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> LinkImage | Problem | None:
    """Retrieve the results of an image for its uploader

     Retrieves an image of a job by the `results_url` that the answer to its upload had.

    Other holders of the link do not know this URL, so people see the results of their own uploads
    only. It works for a week at least, and ends when the link is revoked.

    Args:
        token (str):
        image_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LinkImage | Problem
    """

    return (
        await asyncio_detailed(
            token=token,
            image_id=image_id,
            client=client,
        )
    ).parsed
