"""Routes of images: search, results, pictures, histograms, deletion."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK

from api.answers.image_content import send_content
from api.answers.image_filters import (
    DEFAULT_DISTANCE,
    FILTER,
    By,
    Distance,
    FormatName,
    ImageCursor,
    SimilarTo,
    VariantName,
    WidthPx,
)
from api.answers.numbers import answer_histogram
from api.answers.wanted_picture import wanted_picture
from api.answers.wanted_urls import DEFAULT_SECONDS, ExpiresIn, UrlVariants, wanted_urls
from api.contract.route_docs import answer, problems
from api.http.auth import READS
from api.http.guards import CHANGING
from api.http.head_requests import wants_headers_only
from api.http.leaving import unless_client_leaves
from api.http.parameters import IfNoneMatch, ImageId, NamedUser, example
from api.images.images import ManageImages
from api.images.read_content import ReadContent
from api.schemas.images import HistogramView, ImageVariant, ImageView, ListedImageView
from api.schemas.known_images import KnownImagesRequest, KnownImagesView
from api.schemas.marks import MarkChanges, read_changes
from api.schemas.signed_urls import ContentUrlView
from api.schemas.views import Limit, Page
from api.state import ApiRequest
from domain.image_search import ImageFilter, SimilarBy
from domain.keys import scope_of

REDIRECTED = "The picture is at `Location` for a while, if the service is set up so."
Range = Annotated[
    str | None,
    HeaderParameter(
        name="Range",
        required=False,
        description="One byte range, such as `bytes=0-1023`. Several ranges are answered in whole.",
        examples=example("bytes=0-1023"),
    ),
]
IfRange = Annotated[
    str | None,
    HeaderParameter(
        name="If-Range",
        description="The `ETag` that `Range` applies to; any other version is sent whole.",
        examples=example('"9f86d081884c7d659a2feaa0c55ad015-original"'),
    ),
]


class ImageController(Controller):
    """Images."""

    path = "/v1/images"
    tags = ("images",)

    @get(
        operation_id="listImages",
        summary="List images",
        dependencies=FILTER,
        responses={200: answer(Page[ListedImageView], "A page.")} | problems(403, 404, 409, 410),
    )
    async def list_images(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        wanted: NamedDependency[ImageFilter],
        similar_to: SimilarTo = None,
        by: By = SimilarBy.FINGERPRINT,
        distance: Distance = DEFAULT_DISTANCE,
        limit: Limit = 20,
        cursor: ImageCursor = None,
        url_variants: UrlVariants = None,
        expires_in: ExpiresIn = DEFAULT_SECONDS,
    ) -> Page[ListedImageView]:
        """Lists the images that match all filters, newest first.

        With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
        images that show like things.
        """
        urls = wanted_urls(request, url_variants, expires_in)
        return await manage_images.list_page(wanted, similar_to, distance, limit, cursor, urls, by)

    @post(
        "/known",
        operation_id="findKnownImages",
        summary="Find files that are stored already",
        opt={READS: True},
        status_code=HTTP_200_OK,
        responses={200: answer(KnownImagesView, "The known files.")} | problems(400, 403),
    )
    async def find_known(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        data: JSONBody[KnownImagesRequest],
    ) -> KnownImagesView:
        """Finds, by SHA-256, which files a user has uploaded already, so that a client skips them.

        It answers for one user, as an upload does: another user's files are not known.
        """
        return await manage_images.find_known(request.user, data)

    @get(
        "/{image_id:str}",
        operation_id="getImage",
        summary="Retrieve an image",
        responses={200: answer(ImageView, "The image.")} | problems(404, 410),
    )
    async def get_image(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        image_id: ImageId,
        user_id: NamedUser = None,
        url_variants: UrlVariants = None,
        expires_in: ExpiresIn = DEFAULT_SECONDS,
    ) -> ImageView:
        """Retrieves an image with all its results."""
        urls = wanted_urls(request, url_variants, expires_in)
        return await manage_images.read(image_id, scope_of(request.user, user_id), urls)

    @get(
        "/{image_id:str}/content",
        operation_id="getImageContent",
        summary="Download a picture",
        responses={
            200: answer(bytes, "The picture.", media_type="image/*"),
            206: answer(bytes, "The requested part of the picture.", media_type="image/*"),
            304: answer(None, "The client already has this version of the picture."),
            307: answer(None, REDIRECTED),
        }
        | problems(404, 409, 410, 416, 429),
        response_headers=[
            ResponseHeader(name="ETag", value="", documentation_only=True),
            ResponseHeader(name="Accept-Ranges", value="", documentation_only=True),
            ResponseHeader(name="Location", value="", documentation_only=True),
        ],
    )
    async def get_content(
        self,
        request: ApiRequest,
        read_content: NamedDependency[ReadContent],
        image_id: ImageId,
        variant: VariantName = ImageVariant.ORIGINAL,
        width: WidthPx = None,
        picture_format: FormatName = None,
        user_id: NamedUser = None,
        if_none_match: IfNoneMatch = None,
        byte_range: Range = None,
        if_range: IfRange = None,
    ) -> Response[Any]:
        """Downloads the original file, or a picture made from it.

        Pictures made from a file are upright and carry no metadata. If the image was uploaded
        with `gps=strip`, the original is served without its metadata.

        With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
        made for the first request and kept.
        """
        scope = scope_of(request.user, user_id)
        wanted = wanted_picture(request, variant, width, picture_format)
        finding = read_content.find(image_id, scope, wanted)
        content = await unless_client_leaves(request.receive, finding)
        is_head = wants_headers_only(request.scope)
        return send_content(content, if_none_match, byte_range, if_range, is_head=is_head)

    @get(
        "/{image_id:str}/content-url",
        operation_id="getImageContentUrl",
        summary="Create a URL of a picture that needs no key",
        responses={200: answer(ContentUrlView, "The URL.")} | problems(404, 410),
    )
    async def get_content_url(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        image_id: ImageId,
        variant: VariantName = ImageVariant.ORIGINAL,
        width: WidthPx = None,
        picture_format: FormatName = None,
        expires_in: ExpiresIn = DEFAULT_SECONDS,
        user_id: NamedUser = None,
    ) -> ContentUrlView:
        """Creates a URL of a picture for `<img>` and for image loaders, which send no key.

        The URL works for at least `expires_in` seconds and less than half of that longer. In half
        of this time the same request gets the same URL, so that caches of clients find the picture.
        The URL stops working when the image is deleted, or when the key of this request is revoked
        or expires.
        """
        wanted = wanted_picture(request, variant, width, picture_format)
        urls = wanted_urls(request, [wanted], expires_in)
        return await manage_images.content_url(image_id, scope_of(request.user, user_id), urls)

    @get(
        "/{image_id:str}/histogram",
        operation_id="getImageHistogram",
        summary="Retrieve a histogram",
        responses={
            200: answer(
                HistogramView, "The histogram, or a plot of it if `Accept` prefers `image/svg+xml`."
            )
        }
        | problems(404, 409, 410),
    )
    async def get_histogram(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        image_id: ImageId,
        user_id: NamedUser = None,
    ) -> Response[bytes]:
        """Retrieves the gray-level histogram of an image, as numbers or as a plot."""
        scope = scope_of(request.user, user_id)
        return answer_histogram(request, *await manage_images.read_histogram(image_id, scope))

    @patch(
        "/{image_id:str}",
        operation_id="updateImage",
        summary="Update an image",
        opt=CHANGING,
        responses={200: answer(ImageView, "The image.")} | problems(400, 403, 404, 410),
    )
    async def update_image(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        image_id: ImageId,
        data: JSONBody[MarkChanges],
        user_id: NamedUser = None,
    ) -> ImageView:
        """Changes the external ID, tags and attributes of an image.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        scope = scope_of(request.user, user_id)
        return await manage_images.mark(image_id, scope, read_changes(data))

    @delete(
        "/{image_id:str}",
        operation_id="deleteImage",
        summary="Delete an image",
        responses=problems(404, 410),
    )
    async def delete_image(
        self,
        request: ApiRequest,
        manage_images: NamedDependency[ManageImages],
        image_id: ImageId,
        user_id: NamedUser = None,
    ) -> None:
        """Deletes an image.

        Its file and results are deleted with the last image that has the same bytes.
        """
        await manage_images.delete(image_id, request.user, user_id)
