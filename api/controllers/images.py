"""Images: results, content in all variants, histograms, delete."""

from typing import Annotated, Any, Literal

from litestar import Controller, Response, delete, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.response import Stream

from api.answers.image_content import content_response, find_content
from api.answers.image_filters import (
    DEFAULT_DISTANCE,
    Distance,
    ImageCursor,
    SimilarTo,
    read_cursor,
    read_filter,
    write_cursor,
)
from api.answers.plots import wants_plot
from api.contract.examples import EXAMPLE_HISTOGRAM, EXAMPLE_IMAGE, EXAMPLE_IMAGE_PAGE
from api.contract.route_docs import answer, problems
from api.http.example_values import EXAMPLE_ID
from api.http.media_types import SVG, SVG_HEADERS
from api.http.parameters import IfNoneMatch, NamedUser
from api.http.request_headers import is_known
from api.images.similar_lookup import find_likeness
from api.schemas.images import (
    HistogramView,
    ImageView,
    ListedImageView,
    result_of,
    view_histogram,
    view_image,
    view_listed,
)
from api.schemas.paging import Limit, Page, cut_page
from api.state import ApiRequest
from domain.errors.access import NotFound, WrongState
from domain.images.values import unpack_bins
from domain.jobs import TERMINAL
from domain.keys import scope_of
from domain.plots.histogram import plot_histogram
from storage.catalog.image_search import ImageFilter

ImageId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]
VariantName = Literal["original", "grayscale", "thumbnail", "faces"]


class ImageController(Controller):
    """Pictures and what is known of them."""

    path = "/v1/images"
    tags = ("images",)

    @get(
        operation_id="listImages",
        summary="List images",
        dependencies={"wanted": Provide(read_filter, sync_to_thread=False)},
        responses={
            200: answer(Page[ListedImageView], "A page.", EXAMPLE_IMAGE_PAGE),
            **problems(401, 404, 409, 410, 422, 503),
        },
    )
    async def list_images(
        self,
        request: ApiRequest,
        wanted: NamedDependency[ImageFilter],
        similar_to: SimilarTo = None,
        distance: Distance = DEFAULT_DISTANCE,
        limit: Limit = 20,
        cursor: ImageCursor = None,
    ) -> Page[ListedImageView]:
        """List images that all filters hold for, newest first; or the most similar first."""
        stores = request.app.state.stores
        after = read_cursor(cursor, with_distance=similar_to is not None)
        if similar_to is None:
            images = await stores.image_search.list_page(
                wanted, limit + 1, before=after[1] if after else None
            )
            blobs = await stores.blobs.find([image.sha256 for image in images])
            views = [view_listed(image, blobs.get(image.sha256)) for image in images]
            return cut_page(views, limit, [image.id for image in images])
        likeness = await find_likeness(stores, wanted.scope, similar_to, distance)
        found = await stores.image_search.list_similar(wanted, likeness, limit + 1, after)
        blobs = await stores.blobs.find([image.sha256 for _, image in found])
        views = [view_listed(image, blobs.get(image.sha256), apart) for apart, image in found]
        return cut_page(views, limit, [write_cursor(apart, image.id) for apart, image in found])

    @get(
        "/{image_id:str}",
        operation_id="getImage",
        summary="Read an image's results",
        responses={
            200: answer(ImageView, description="The image.", example=EXAMPLE_IMAGE),
            **problems(401, 404, 410, 422, 503),
        },
    )
    async def get_image(
        self, request: ApiRequest, image_id: ImageId, user_id: NamedUser = None
    ) -> ImageView:
        """Read an image with all its results."""
        stores = request.app.state.stores
        image = await stores.images.get(image_id, scope_of(request.user, user_id))
        blobs = await stores.blobs.find([image.sha256])
        rules = request.app.state.settings.rules
        return view_image(image, blobs.get(image.sha256), rules)

    @get(
        "/{image_id:str}/content",
        operation_id="getImageContent",
        summary="Fetch a picture",
        responses={
            200: answer(bytes, description="The picture.", media_type="image/*"),
            206: answer(bytes, description="A part of it.", media_type="image/*"),
            304: answer(None, description="The client has it already."),
            **problems(401, 404, 409, 410, 416, 422, 503),
        },
        response_headers=[
            ResponseHeader(name="ETag", value="", documentation_only=True),
            ResponseHeader(name="Accept-Ranges", value="", documentation_only=True),
        ],
    )
    async def get_content(
        self,
        request: ApiRequest,
        image_id: ImageId,
        variant: Annotated[VariantName, QueryParameter(required=False)] = "original",
        user_id: NamedUser = None,
        if_none_match: IfNoneMatch = None,
        byte_range: Annotated[str | None, HeaderParameter(name="Range", required=False)] = None,
        if_range: Annotated[str | None, HeaderParameter(name="If-Range", required=False)] = None,
    ) -> Stream | Response[Any]:
        """Fetch the original file, or a picture made from it: upright and without metadata.

        Where the position of an image is stripped, the original comes without it.
        """
        state = request.app.state
        image = await state.stores.images.get(image_id, scope_of(request.user, user_id))
        blobs = await state.stores.blobs.find([image.sha256])
        if image.sha256 not in blobs:
            raise NotFound
        content = await find_content(state.variants, image, blobs[image.sha256], variant)
        if is_known(if_none_match, content.etag):
            return Response(None, status_code=304, headers=content.headers)
        usable = if_range is None or if_range.strip() == f'"{content.etag}"'
        return content_response(state.stores, content, byte_range if usable else None)

    @get(
        "/{image_id:str}/histogram",
        operation_id="getImageHistogram",
        summary="Read a histogram",
        responses={
            200: answer(
                HistogramView,
                "The counts; or a plot where `Accept` asks for `image/svg+xml`.",
                EXAMPLE_HISTOGRAM,
            ),
            **problems(401, 404, 409, 410, 422, 503),
        },
    )
    async def get_histogram(
        self, request: ApiRequest, image_id: ImageId, user_id: NamedUser = None
    ) -> Response[Any]:
        """Read the gray-level histogram as numbers, or see it as a plot."""
        stores = request.app.state.stores
        image = await stores.images.get(image_id, scope_of(request.user, user_id))
        blobs = await stores.blobs.find([image.sha256])
        packed = result_of(image, blobs.get(image.sha256), "histogram")
        if packed is None and image.item.status not in TERMINAL:
            raise WrongState("The histogram is not known yet; ask again when the job is done.")
        if packed is None:
            raise NotFound("There is no histogram: it failed, or was not asked for.")
        headers = {"Vary": "Accept"}
        if wants_plot(request):
            plot = plot_histogram(unpack_bins(packed), image.filename)
            return Response(plot, media_type=SVG, headers=headers | SVG_HEADERS)
        return Response(view_histogram(packed), headers=headers)

    @delete(
        "/{image_id:str}",
        operation_id="deleteImage",
        summary="Delete an image",
        responses=problems(401, 404, 410, 422, 503),
    )
    async def delete_image(
        self, request: ApiRequest, image_id: ImageId, user_id: NamedUser = None
    ) -> None:
        """Delete an upload; its bytes and results go with the last image that shares them."""
        stores = request.app.state.stores
        deleted = await stores.image_deletion.delete(image_id, scope_of(request.user, user_id))
        if deleted.was_open:  # Whoever works on it can stop.
            await stores.job_events.publish_cancel(deleted.job_id)
        await stores.job_events.publish_all(deleted.changes)
