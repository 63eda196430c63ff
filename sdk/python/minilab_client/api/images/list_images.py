import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.image_format import ImageFormat
from ...models.image_variant import ImageVariant
from ...models.listed_image_page import ListedImagePage
from ...models.problem import Problem
from ...models.similar_by import SimilarBy
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    link_id: str | Unset = UNSET,
    format_: ImageFormat | Unset = UNSET,
    camera: str | Unset = UNSET,
    camera_make: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    taken_from: datetime.date | Unset = UNSET,
    taken_to: datetime.date | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    uploaded_from: datetime.date | Unset = UNSET,
    uploaded_to: datetime.date | Unset = UNSET,
    tz: str | Unset = "UTC",
    faces: bool | Unset = UNSET,
    min_faces: int | Unset = UNSET,
    near: str | Unset = UNSET,
    radius_m: float | Unset = 1000.0,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    similar_to: str | Unset = UNSET,
    distance: int | Unset = 6,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
    content_urls: list[ImageVariant] | Unset = UNSET,
    expires_in: int | Unset = 3600,
    predicted: str | Unset = UNSET,
    min_probability: float | Unset = 0.0,
    anomalous: bool | Unset = UNSET,
    by: SimilarBy | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user_id"] = user_id

    params["tenant"] = tenant

    params["link_id"] = link_id

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    params["camera"] = camera

    params["camera_make"] = camera_make

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status.value

    params["status"] = json_status

    json_taken_from: str | Unset = UNSET
    if not isinstance(taken_from, Unset):
        json_taken_from = taken_from.isoformat()
    params["taken_from"] = json_taken_from

    json_taken_to: str | Unset = UNSET
    if not isinstance(taken_to, Unset):
        json_taken_to = taken_to.isoformat()
    params["taken_to"] = json_taken_to

    json_day: str | Unset = UNSET
    if not isinstance(day, Unset):
        json_day = day.isoformat()
    params["day"] = json_day

    json_uploaded_from: str | Unset = UNSET
    if not isinstance(uploaded_from, Unset):
        json_uploaded_from = uploaded_from.isoformat()
    params["uploaded_from"] = json_uploaded_from

    json_uploaded_to: str | Unset = UNSET
    if not isinstance(uploaded_to, Unset):
        json_uploaded_to = uploaded_to.isoformat()
    params["uploaded_to"] = json_uploaded_to

    params["tz"] = tz

    params["faces"] = faces

    params["min_faces"] = min_faces

    params["near"] = near

    params["radius_m"] = radius_m

    params["external_id"] = external_id

    json_tag: list[str] | Unset = UNSET
    if not isinstance(tag, Unset):
        json_tag = tag

    params["tag"] = json_tag

    json_attribute: list[str] | Unset = UNSET
    if not isinstance(attribute, Unset):
        json_attribute = attribute

    params["attribute"] = json_attribute

    params["similar_to"] = similar_to

    params["distance"] = distance

    params["limit"] = limit

    params["cursor"] = cursor

    json_content_urls: list[str] | Unset = UNSET
    if not isinstance(content_urls, Unset):
        json_content_urls = []
        for content_urls_item_data in content_urls:
            content_urls_item = content_urls_item_data.value
            json_content_urls.append(content_urls_item)

    params["content_urls"] = json_content_urls

    params["expires_in"] = expires_in

    params["predicted"] = predicted

    params["min_probability"] = min_probability

    params["anomalous"] = anomalous

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by.value

    params["by"] = json_by

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/images",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ListedImagePage | Problem | None:
    if response.status_code == 200:
        response_200 = ListedImagePage.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ListedImagePage | Problem]:
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
    link_id: str | Unset = UNSET,
    format_: ImageFormat | Unset = UNSET,
    camera: str | Unset = UNSET,
    camera_make: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    taken_from: datetime.date | Unset = UNSET,
    taken_to: datetime.date | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    uploaded_from: datetime.date | Unset = UNSET,
    uploaded_to: datetime.date | Unset = UNSET,
    tz: str | Unset = "UTC",
    faces: bool | Unset = UNSET,
    min_faces: int | Unset = UNSET,
    near: str | Unset = UNSET,
    radius_m: float | Unset = 1000.0,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    similar_to: str | Unset = UNSET,
    distance: int | Unset = 6,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
    content_urls: list[ImageVariant] | Unset = UNSET,
    expires_in: int | Unset = 3600,
    predicted: str | Unset = UNSET,
    min_probability: float | Unset = 0.0,
    anomalous: bool | Unset = UNSET,
    by: SimilarBy | Unset = UNSET,
) -> Response[ListedImagePage | Problem]:
    """List images

     Lists the images that match all filters, newest first.

    With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
    images that show like things.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        link_id (str | Unset):
        format_ (ImageFormat | Unset): A format that can be decoded; the value is its name in the
            API.
        camera (str | Unset):
        camera_make (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        taken_from (datetime.date | Unset):
        taken_to (datetime.date | Unset):
        day (datetime.date | Unset):
        uploaded_from (datetime.date | Unset):
        uploaded_to (datetime.date | Unset):
        tz (str | Unset):  Default: 'UTC'.
        faces (bool | Unset):
        min_faces (int | Unset):
        near (str | Unset):
        radius_m (float | Unset):  Default: 1000.0.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        similar_to (str | Unset):
        distance (int | Unset):  Default: 6.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):
        content_urls (list[ImageVariant] | Unset):
        expires_in (int | Unset):  Default: 3600.
        predicted (str | Unset):
        min_probability (float | Unset):  Default: 0.0.
        anomalous (bool | Unset):
        by (SimilarBy | Unset): With `similar_to`: by which result images are compared.
            `fingerprint` finds copies of the image, `embedding` up to `limit` images that show like
            things, on one page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListedImagePage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        link_id=link_id,
        format_=format_,
        camera=camera,
        camera_make=camera_make,
        status=status,
        taken_from=taken_from,
        taken_to=taken_to,
        day=day,
        uploaded_from=uploaded_from,
        uploaded_to=uploaded_to,
        tz=tz,
        faces=faces,
        min_faces=min_faces,
        near=near,
        radius_m=radius_m,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
        similar_to=similar_to,
        distance=distance,
        limit=limit,
        cursor=cursor,
        content_urls=content_urls,
        expires_in=expires_in,
        predicted=predicted,
        min_probability=min_probability,
        anomalous=anomalous,
        by=by,
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
    link_id: str | Unset = UNSET,
    format_: ImageFormat | Unset = UNSET,
    camera: str | Unset = UNSET,
    camera_make: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    taken_from: datetime.date | Unset = UNSET,
    taken_to: datetime.date | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    uploaded_from: datetime.date | Unset = UNSET,
    uploaded_to: datetime.date | Unset = UNSET,
    tz: str | Unset = "UTC",
    faces: bool | Unset = UNSET,
    min_faces: int | Unset = UNSET,
    near: str | Unset = UNSET,
    radius_m: float | Unset = 1000.0,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    similar_to: str | Unset = UNSET,
    distance: int | Unset = 6,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
    content_urls: list[ImageVariant] | Unset = UNSET,
    expires_in: int | Unset = 3600,
    predicted: str | Unset = UNSET,
    min_probability: float | Unset = 0.0,
    anomalous: bool | Unset = UNSET,
    by: SimilarBy | Unset = UNSET,
) -> ListedImagePage | Problem | None:
    """List images

     Lists the images that match all filters, newest first.

    With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
    images that show like things.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        link_id (str | Unset):
        format_ (ImageFormat | Unset): A format that can be decoded; the value is its name in the
            API.
        camera (str | Unset):
        camera_make (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        taken_from (datetime.date | Unset):
        taken_to (datetime.date | Unset):
        day (datetime.date | Unset):
        uploaded_from (datetime.date | Unset):
        uploaded_to (datetime.date | Unset):
        tz (str | Unset):  Default: 'UTC'.
        faces (bool | Unset):
        min_faces (int | Unset):
        near (str | Unset):
        radius_m (float | Unset):  Default: 1000.0.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        similar_to (str | Unset):
        distance (int | Unset):  Default: 6.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):
        content_urls (list[ImageVariant] | Unset):
        expires_in (int | Unset):  Default: 3600.
        predicted (str | Unset):
        min_probability (float | Unset):  Default: 0.0.
        anomalous (bool | Unset):
        by (SimilarBy | Unset): With `similar_to`: by which result images are compared.
            `fingerprint` finds copies of the image, `embedding` up to `limit` images that show like
            things, on one page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListedImagePage | Problem
    """

    return sync_detailed(
        client=client,
        user_id=user_id,
        tenant=tenant,
        link_id=link_id,
        format_=format_,
        camera=camera,
        camera_make=camera_make,
        status=status,
        taken_from=taken_from,
        taken_to=taken_to,
        day=day,
        uploaded_from=uploaded_from,
        uploaded_to=uploaded_to,
        tz=tz,
        faces=faces,
        min_faces=min_faces,
        near=near,
        radius_m=radius_m,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
        similar_to=similar_to,
        distance=distance,
        limit=limit,
        cursor=cursor,
        content_urls=content_urls,
        expires_in=expires_in,
        predicted=predicted,
        min_probability=min_probability,
        anomalous=anomalous,
        by=by,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    link_id: str | Unset = UNSET,
    format_: ImageFormat | Unset = UNSET,
    camera: str | Unset = UNSET,
    camera_make: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    taken_from: datetime.date | Unset = UNSET,
    taken_to: datetime.date | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    uploaded_from: datetime.date | Unset = UNSET,
    uploaded_to: datetime.date | Unset = UNSET,
    tz: str | Unset = "UTC",
    faces: bool | Unset = UNSET,
    min_faces: int | Unset = UNSET,
    near: str | Unset = UNSET,
    radius_m: float | Unset = 1000.0,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    similar_to: str | Unset = UNSET,
    distance: int | Unset = 6,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
    content_urls: list[ImageVariant] | Unset = UNSET,
    expires_in: int | Unset = 3600,
    predicted: str | Unset = UNSET,
    min_probability: float | Unset = 0.0,
    anomalous: bool | Unset = UNSET,
    by: SimilarBy | Unset = UNSET,
) -> Response[ListedImagePage | Problem]:
    """List images

     Lists the images that match all filters, newest first.

    With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
    images that show like things.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        link_id (str | Unset):
        format_ (ImageFormat | Unset): A format that can be decoded; the value is its name in the
            API.
        camera (str | Unset):
        camera_make (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        taken_from (datetime.date | Unset):
        taken_to (datetime.date | Unset):
        day (datetime.date | Unset):
        uploaded_from (datetime.date | Unset):
        uploaded_to (datetime.date | Unset):
        tz (str | Unset):  Default: 'UTC'.
        faces (bool | Unset):
        min_faces (int | Unset):
        near (str | Unset):
        radius_m (float | Unset):  Default: 1000.0.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        similar_to (str | Unset):
        distance (int | Unset):  Default: 6.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):
        content_urls (list[ImageVariant] | Unset):
        expires_in (int | Unset):  Default: 3600.
        predicted (str | Unset):
        min_probability (float | Unset):  Default: 0.0.
        anomalous (bool | Unset):
        by (SimilarBy | Unset): With `similar_to`: by which result images are compared.
            `fingerprint` finds copies of the image, `embedding` up to `limit` images that show like
            things, on one page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListedImagePage | Problem]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        tenant=tenant,
        link_id=link_id,
        format_=format_,
        camera=camera,
        camera_make=camera_make,
        status=status,
        taken_from=taken_from,
        taken_to=taken_to,
        day=day,
        uploaded_from=uploaded_from,
        uploaded_to=uploaded_to,
        tz=tz,
        faces=faces,
        min_faces=min_faces,
        near=near,
        radius_m=radius_m,
        external_id=external_id,
        tag=tag,
        attribute=attribute,
        similar_to=similar_to,
        distance=distance,
        limit=limit,
        cursor=cursor,
        content_urls=content_urls,
        expires_in=expires_in,
        predicted=predicted,
        min_probability=min_probability,
        anomalous=anomalous,
        by=by,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    user_id: str | Unset = UNSET,
    tenant: str | Unset = UNSET,
    link_id: str | Unset = UNSET,
    format_: ImageFormat | Unset = UNSET,
    camera: str | Unset = UNSET,
    camera_make: str | Unset = UNSET,
    status: Status | Unset = UNSET,
    taken_from: datetime.date | Unset = UNSET,
    taken_to: datetime.date | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    uploaded_from: datetime.date | Unset = UNSET,
    uploaded_to: datetime.date | Unset = UNSET,
    tz: str | Unset = "UTC",
    faces: bool | Unset = UNSET,
    min_faces: int | Unset = UNSET,
    near: str | Unset = UNSET,
    radius_m: float | Unset = 1000.0,
    external_id: str | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    attribute: list[str] | Unset = UNSET,
    similar_to: str | Unset = UNSET,
    distance: int | Unset = 6,
    limit: int | Unset = 20,
    cursor: str | Unset = UNSET,
    content_urls: list[ImageVariant] | Unset = UNSET,
    expires_in: int | Unset = 3600,
    predicted: str | Unset = UNSET,
    min_probability: float | Unset = 0.0,
    anomalous: bool | Unset = UNSET,
    by: SimilarBy | Unset = UNSET,
) -> ListedImagePage | Problem | None:
    """List images

     Lists the images that match all filters, newest first.

    With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
    images that show like things.

    Args:
        user_id (str | Unset):
        tenant (str | Unset):
        link_id (str | Unset):
        format_ (ImageFormat | Unset): A format that can be decoded; the value is its name in the
            API.
        camera (str | Unset):
        camera_make (str | Unset):
        status (Status | Unset): Status of a job, an image or a cell.
        taken_from (datetime.date | Unset):
        taken_to (datetime.date | Unset):
        day (datetime.date | Unset):
        uploaded_from (datetime.date | Unset):
        uploaded_to (datetime.date | Unset):
        tz (str | Unset):  Default: 'UTC'.
        faces (bool | Unset):
        min_faces (int | Unset):
        near (str | Unset):
        radius_m (float | Unset):  Default: 1000.0.
        external_id (str | Unset):
        tag (list[str] | Unset):
        attribute (list[str] | Unset):
        similar_to (str | Unset):
        distance (int | Unset):  Default: 6.
        limit (int | Unset):  Default: 20.
        cursor (str | Unset):
        content_urls (list[ImageVariant] | Unset):
        expires_in (int | Unset):  Default: 3600.
        predicted (str | Unset):
        min_probability (float | Unset):  Default: 0.0.
        anomalous (bool | Unset):
        by (SimilarBy | Unset): With `similar_to`: by which result images are compared.
            `fingerprint` finds copies of the image, `embedding` up to `limit` images that show like
            things, on one page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListedImagePage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            user_id=user_id,
            tenant=tenant,
            link_id=link_id,
            format_=format_,
            camera=camera,
            camera_make=camera_make,
            status=status,
            taken_from=taken_from,
            taken_to=taken_to,
            day=day,
            uploaded_from=uploaded_from,
            uploaded_to=uploaded_to,
            tz=tz,
            faces=faces,
            min_faces=min_faces,
            near=near,
            radius_m=radius_m,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            similar_to=similar_to,
            distance=distance,
            limit=limit,
            cursor=cursor,
            content_urls=content_urls,
            expires_in=expires_in,
            predicted=predicted,
            min_probability=min_probability,
            anomalous=anomalous,
            by=by,
        )
    ).parsed
