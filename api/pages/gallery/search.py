"""The search of images: a grid of thumbnails, newest first, that grows while one scrolls."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from api.answers.archives import ArchiveDownload, ArchiveLimit
from api.answers.image_filters import (
    DEFAULT_DISTANCE,
    FILTER,
    Distance,
    ImageCursor,
    SimilarTo,
)
from api.http.leaving import unless_client_leaves
from api.http.sessions import HTMX
from api.images.archives import ArchiveRequest, ReadArchives
from api.images.images import ManageImages
from api.pages.gallery.pictures import thumbnails
from api.pages.gallery.queries import form_of, search_of, tidy_query
from api.pages.gallery.refusals import REFUSED_SEARCH
from api.schemas.images import ImageVariant, ListedImageView
from api.state import ApiRequest
from domain.image_search import ImageFilter

PAGE_IMAGES = 60
"""Fills the rows of a grid of two to six columns: each page is a grid that is laid out alone."""


@get("/", dependencies=FILTER, before_request=tidy_query, exception_handlers=REFUSED_SEARCH)
async def show_gallery(
    request: ApiRequest,
    manage_images: NamedDependency[ManageImages],
    wanted: NamedDependency[ImageFilter],
    similar_to: SimilarTo = None,
    distance: Distance = DEFAULT_DISTANCE,
    cursor: ImageCursor = None,
) -> Template:
    """Show the search form and the newest images that match; to htmx, only the images."""
    page = await manage_images.list_page(
        wanted, similar_to, distance, PAGE_IMAGES, cursor, thumbnails(request)
    )
    context = {"page": page, "search": search_of(request), "cursor": cursor or ""}
    if HTMX in request.headers:
        return Template("gallery/more.html", context=context)
    context |= {"form": form_of(request), "predictions": _predictions(page.items)}
    return Template("gallery/search.html", context=context)


def _predictions(images: Sequence[ListedImageView]) -> list[str]:
    """List what is predicted of images, as the search takes it."""
    return sorted(
        {f"{task}:{one.value}" for image in images for task, one in image.predictions.items()}
    )


@get("/archive", dependencies=FILTER, exception_handlers=REFUSED_SEARCH)
async def download_search(
    request: ApiRequest,
    archives: NamedDependency[ReadArchives],
    wanted: NamedDependency[ImageFilter],
    similar_to: SimilarTo = None,
    distance: Distance = DEFAULT_DISTANCE,
    limit: ArchiveLimit = None,
) -> Response[Any]:
    """Download the files of the images that match, as a ZIP archive."""
    asked = ArchiveRequest(ImageVariant.ORIGINAL, limit, None)
    finding = archives.of_search(wanted, similar_to, distance, asked)
    found = await unless_client_leaves(request.receive, finding)
    return ArchiveDownload(request, archives, found)


ROUTES = (show_gallery, download_search)
