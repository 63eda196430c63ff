from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.content_url import ContentUrl
from ...models.image_variant import ImageVariant
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    image_id: str,
    *,
    variant: ImageVariant | Unset = UNSET,
    expires_in: int | Unset = 3600,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_variant: str | Unset = UNSET
    if not isinstance(variant, Unset):
        json_variant = variant.value

    params["variant"] = json_variant

    params["expires_in"] = expires_in

    params["user_id"] = user_id

    params["width"] = width

    params["format"] = format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/images/{image_id}/content-url".format(
            image_id=quote(str(image_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ContentUrl | Problem | None:
    if response.status_code == 200:
        response_200 = ContentUrl.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ContentUrl | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    expires_in: int | Unset = 3600,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
) -> Response[ContentUrl | Problem]:
    """Create a URL of a picture that needs no key

     Creates a URL of a picture for `<img>` and for image loaders, which send no key.

    The URL works for at least `expires_in` seconds and less than half of that longer. In half
    of this time the same request gets the same URL, so that caches of clients find the picture.
    The URL stops working when the image is deleted, or when the key of this request is revoked
    or expires.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        expires_in (int | Unset):  Default: 3600.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ContentUrl | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        variant=variant,
        expires_in=expires_in,
        user_id=user_id,
        width=width,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    expires_in: int | Unset = 3600,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
) -> ContentUrl | Problem | None:
    """Create a URL of a picture that needs no key

     Creates a URL of a picture for `<img>` and for image loaders, which send no key.

    The URL works for at least `expires_in` seconds and less than half of that longer. In half
    of this time the same request gets the same URL, so that caches of clients find the picture.
    The URL stops working when the image is deleted, or when the key of this request is revoked
    or expires.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        expires_in (int | Unset):  Default: 3600.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ContentUrl | Problem
    """

    return sync_detailed(
        image_id=image_id,
        client=client,
        variant=variant,
        expires_in=expires_in,
        user_id=user_id,
        width=width,
        format_=format_,
    ).parsed


async def asyncio_detailed(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    expires_in: int | Unset = 3600,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
) -> Response[ContentUrl | Problem]:
    """Create a URL of a picture that needs no key

     Creates a URL of a picture for `<img>` and for image loaders, which send no key.

    The URL works for at least `expires_in` seconds and less than half of that longer. In half
    of this time the same request gets the same URL, so that caches of clients find the picture.
    The URL stops working when the image is deleted, or when the key of this request is revoked
    or expires.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        expires_in (int | Unset):  Default: 3600.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ContentUrl | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        variant=variant,
        expires_in=expires_in,
        user_id=user_id,
        width=width,
        format_=format_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    expires_in: int | Unset = 3600,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
) -> ContentUrl | Problem | None:
    """Create a URL of a picture that needs no key

     Creates a URL of a picture for `<img>` and for image loaders, which send no key.

    The URL works for at least `expires_in` seconds and less than half of that longer. In half
    of this time the same request gets the same URL, so that caches of clients find the picture.
    The URL stops working when the image is deleted, or when the key of this request is revoked
    or expires.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        expires_in (int | Unset):  Default: 3600.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ContentUrl | Problem
    """

    return (
        await asyncio_detailed(
            image_id=image_id,
            client=client,
            variant=variant,
            expires_in=expires_in,
            user_id=user_id,
            width=width,
            format_=format_,
        )
    ).parsed
