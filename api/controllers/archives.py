"""Routes of ZIP archives: of a search, of a job, of an upload link."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.answers.archives import ARCHIVE_HEADERS, ZIP, ArchiveDownload, ArchiveLimit
from api.answers.image_filters import (
    DEFAULT_DISTANCE,
    FILTER,
    Distance,
    ImageCursor,
    SimilarTo,
    VariantName,
)
from api.contract.route_docs import answer, problems
from api.http.guards import admins_and_services
from api.http.leaving import unless_client_leaves
from api.http.parameters import JobId, LinkId, NamedUser
from api.images.archives import ArchiveRequest, ReadArchives
from api.schemas.images import ImageVariant
from api.schemas.views import Cursor
from api.state import ApiRequest
from domain.image_search import ImageFilter
from domain.keys import scope_of


class ArchiveController(Controller):
    """ZIP archives."""

    path = "/v1"

    @get(
        "/images/archive",
        operation_id="downloadImages",
        tags=["images"],
        summary="Download images as a ZIP archive",
        dependencies=FILTER,
        responses={200: answer(bytes, "The archive.", ZIP)} | problems(403, 404, 409, 410, 429),
        response_headers=ARCHIVE_HEADERS,
    )
    async def download_images(
        self,
        request: ApiRequest,
        archives: NamedDependency[ReadArchives],
        wanted: NamedDependency[ImageFilter],
        similar_to: SimilarTo = None,
        distance: Distance = DEFAULT_DISTANCE,
        variant: VariantName = ImageVariant.ORIGINAL,
        limit: ArchiveLimit = None,
        cursor: ImageCursor = None,
    ) -> Response[Any]:
        """Downloads the pictures that `GET /v1/images` lists with the same filters.

        The archive has one file for each image, and `manifest.json` with the results of all. Images
        that were deleted meanwhile, or have no such picture, are listed there under `left_out`. If
        the archive cannot be finished, the connection ends early, and what arrived is no ZIP file.
        """
        asked = ArchiveRequest(variant, limit, cursor)
        finding = archives.of_search(wanted, similar_to, distance, asked)
        found = await unless_client_leaves(request.receive, finding)
        return ArchiveDownload(request, archives, found)

    @get(
        "/jobs/{job_id:str}/archive",
        operation_id="downloadJob",
        tags=["jobs"],
        summary="Download the images of a job as a ZIP archive",
        responses={200: answer(bytes, "The archive.", ZIP)} | problems(404, 410, 429),
        response_headers=ARCHIVE_HEADERS,
    )
    async def download_job(
        self,
        request: ApiRequest,
        archives: NamedDependency[ReadArchives],
        job_id: JobId,
        user_id: NamedUser = None,
        variant: VariantName = ImageVariant.ORIGINAL,
        limit: ArchiveLimit = None,
        cursor: Cursor = None,
    ) -> Response[Any]:
        """Downloads the pictures of a job, as `GET /v1/images/archive` does."""
        asked = ArchiveRequest(variant, limit, cursor)
        found = await archives.of_job(job_id, scope_of(request.user, user_id), asked)
        return ArchiveDownload(request, archives, found)

    @get(
        "/upload-links/{link_id:str}/archive",
        operation_id="downloadUploadLink",
        tags=["upload links"],
        guards=[admins_and_services],
        summary="Download the images of an upload link as a ZIP archive",
        responses={200: answer(bytes, "The archive.", ZIP)} | problems(403, 404, 429),
        response_headers=ARCHIVE_HEADERS,
    )
    async def download_link(
        self,
        request: ApiRequest,
        archives: NamedDependency[ReadArchives],
        link_id: LinkId,
        variant: VariantName = ImageVariant.ORIGINAL,
        limit: ArchiveLimit = None,
        cursor: Cursor = None,
    ) -> Response[Any]:
        """Downloads what was uploaded through a link, as `GET /v1/images/archive` does."""
        asked = ArchiveRequest(variant, limit, cursor)
        return ArchiveDownload(
            request, archives, await archives.of_link(link_id, request.user, asked)
        )
