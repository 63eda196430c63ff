"""Finds the images of archives, and bounds their number and size before anything is sent."""

from collections.abc import Sequence

import msgspec

from api.images.images import ManageImages
from api.images.write_archive import Archive, WriteArchive
from domain.archive_names import MANIFEST
from domain.errors.access import NotFound
from domain.errors.requests import ArchiveTooLarge, TooManyImages
from domain.image_search import ImageFilter
from domain.keys import Caller, Scope
from domain.limits import ReadLimits
from domain.records import Image
from storage.queue.fair_turns import FairTurns
from storage.stores import Stores


class ArchiveRequest(msgspec.Struct, frozen=True):
    """Which pictures are wanted.

    Attributes:
        limit: Most images; None: all that match, if they are not too many.
        cursor: The ``next_cursor`` of the archive before.
    """

    variant: str
    limit: int | None
    cursor: str | None


class ReadArchives:
    """Finds the images of an archive.

    Attributes:
        turns: A bounded number of archives is sent at the same time; others wait for their turn.
    """

    def __init__(
        self, stores: Stores, images: ManageImages, writer: WriteArchive, limits: ReadLimits
    ) -> None:
        self.writer = writer
        self.turns = FairTurns(
            limits.max_archives,
            limits.max_waiting_downloads,
            tenant_places=max(1, limits.max_archives // 2),
        )
        self._stores = stores
        self._images = images
        self._max_images = limits.max_archive_images
        self._max_bytes = limits.max_archive_bytes

    async def of_search(
        self, wanted: ImageFilter, similar_to: str | None, distance: int, request: ArchiveRequest
    ) -> Archive:
        """Find the images of a search; see :meth:`ManageImages.find_page`.

        Raises:
            TooManyImages: More images match than one archive may have.
            ArchiveTooLarge: Their files have more bytes than one archive may have.
            ServiceError: The search cannot be used.
        """
        most = self._max_images
        if request.limit is not None and request.limit > most:
            raise TooManyImages(f"limit: an archive has {most} images at most.", "limit")
        found, next_cursor = await self._images.find_page(
            wanted, similar_to, distance, request.limit or most, request.cursor
        )
        if next_cursor and request.limit is None:
            raise TooManyImages(
                f"More than {most} images match. Narrow the search; or send limit={most}, and "
                f"continue with the next_cursor of {MANIFEST} as cursor."
            )
        images = [image for _, image in found]
        self._check_bytes(images)
        ids = [image.id for image in images]
        return Archive("images.zip", request.variant, ids, next_cursor)

    async def of_job(self, job_id: str, scope: Scope, request: ArchiveRequest) -> Archive:
        """Find the images of a job, as :meth:`of_search` does.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        await self._stores.jobs.get(job_id, scope)
        archive = await self.of_search(ImageFilter(Scope(), job_id=job_id), None, 0, request)
        return msgspec.structs.replace(archive, filename=f"job-{job_id}.zip")

    async def of_link(self, link_id: str, caller: Caller, request: ArchiveRequest) -> Archive:
        """Find the images that were uploaded through a link, as :meth:`of_search` does.

        Raises:
            NotFound: The caller manages no such link.
        """
        if await self._stores.upload_links.get(link_id, caller) is None:
            raise NotFound
        archive = await self.of_search(ImageFilter(Scope(), link_id=link_id), None, 0, request)
        return msgspec.structs.replace(archive, filename=f"link-{link_id}.zip")

    def _check_bytes(self, images: Sequence[Image]) -> None:
        size = sum(image.size_bytes for image in images)
        if size > self._max_bytes:
            raise ArchiveTooLarge(
                f"The files of these {len(images)} images have {size} bytes; the limit is "
                f"{self._max_bytes}. Send a smaller limit, and continue with the next_cursor of "
                f"{MANIFEST} as cursor."
            )
