from http import HTTPStatus
from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.image_variant import ImageVariant
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    image_id: str,
    *,
    variant: ImageVariant | Unset = UNSET,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    if not isinstance(range_, Unset):
        headers["Range"] = range_

    if not isinstance(if_range, Unset):
        headers["If-Range"] = if_range

    params: dict[str, Any] = {}

    json_variant: str | Unset = UNSET
    if not isinstance(variant, Unset):
        json_variant = variant.value

    params["variant"] = json_variant

    params["user_id"] = user_id

    params["width"] = width

    params["format"] = format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/images/{image_id}/content".format(
            image_id=quote(str(image_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | File | Problem | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

    if response.status_code == 307:
        response_307 = cast(Any, None)
        return response_307

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

    if response.status_code == 416:
        response_416 = Problem.from_dict(response.json())

        return response_416

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
) -> Response[Any | File | Problem]:
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
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[Any | File | Problem]:
    """Download a picture

     Downloads the original file, or a picture made from it.

    Pictures made from a file are upright and carry no metadata. If the image was uploaded
    with `gps=strip`, the original is served without its metadata.

    With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
    made for the first request and kept.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):
        if_none_match (str | Unset):
        range_ (str | Unset):
        if_range (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        variant=variant,
        user_id=user_id,
        width=width,
        format_=format_,
        if_none_match=if_none_match,
        range_=range_,
        if_range=if_range,
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
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Any | File | Problem | None:
    """Download a picture

     Downloads the original file, or a picture made from it.

    Pictures made from a file are upright and carry no metadata. If the image was uploaded
    with `gps=strip`, the original is served without its metadata.

    With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
    made for the first request and kept.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):
        if_none_match (str | Unset):
        range_ (str | Unset):
        if_range (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | Problem
    """

    return sync_detailed(
        image_id=image_id,
        client=client,
        variant=variant,
        user_id=user_id,
        width=width,
        format_=format_,
        if_none_match=if_none_match,
        range_=range_,
        if_range=if_range,
    ).parsed


async def asyncio_detailed(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[Any | File | Problem]:
    """Download a picture

     Downloads the original file, or a picture made from it.

    Pictures made from a file are upright and carry no metadata. If the image was uploaded
    with `gps=strip`, the original is served without its metadata.

    With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
    made for the first request and kept.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):
        if_none_match (str | Unset):
        range_ (str | Unset):
        if_range (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | File | Problem]
    """

    kwargs = _get_kwargs(
        image_id=image_id,
        variant=variant,
        user_id=user_id,
        width=width,
        format_=format_,
        if_none_match=if_none_match,
        range_=range_,
        if_range=if_range,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    image_id: str,
    *,
    client: AuthenticatedClient | Client,
    variant: ImageVariant | Unset = UNSET,
    user_id: str | Unset = UNSET,
    width: int | Unset = UNSET,
    format_: str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Any | File | Problem | None:
    """Download a picture

     Downloads the original file, or a picture made from it.

    Pictures made from a file are upright and carry no metadata. If the image was uploaded
    with `gps=strip`, the original is served without its metadata.

    With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
    made for the first request and kept.

    Args:
        image_id (str):
        variant (ImageVariant | Unset): The original file, or a picture that is made from it.
        user_id (str | Unset):
        width (int | Unset):
        format_ (str | Unset):
        if_none_match (str | Unset):
        range_ (str | Unset):
        if_range (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | File | Problem
    """

    return (
        await asyncio_detailed(
            image_id=image_id,
            client=client,
            variant=variant,
            user_id=user_id,
            width=width,
            format_=format_,
            if_none_match=if_none_match,
            range_=range_,
            if_range=if_range,
        )
    ).parsed
