"""Reads, searches and deletes images."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from api.http.signed_urls import SignedUrls
from api.images.content_urls import WantedUrls, write_content_urls
from api.schemas.images import ImageView, ListedImageView, result_of, view_image, view_listed
from api.schemas.known_images import KnownImagesRequest, KnownImagesView, KnownImageView
from api.schemas.signed_urls import ContentUrlView
from api.schemas.views import Page
from domain.audit import AuditAction
from domain.blobs import Blob
from domain.errors.access import HOW_TO_LEARN, LearningOff, NotFound, WrongState
from domain.errors.requests import InvalidValue
from domain.image_search import ImageFilter, Likeness, SimilarBy
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope, asking_user, scope_of
from domain.marks import MarksChange
from domain.records import Image
from storage.access.audit import new_entry
from storage.histograms.similar_embeddings import SimilarEmbeddings
from storage.settings import WorkRules
from storage.stores import Stores


class ManageImages:
    """Images, as the holders of API keys read, search and delete them."""

    def __init__(
        self,
        stores: Stores,
        rules: WorkRules,
        signed_urls: SignedUrls,
        similar: SimilarEmbeddings | None = None,
    ) -> None:
        self._stores = stores
        self._similar = similar
        self._rules = rules
        self._signed_urls = signed_urls

    async def read(self, image_id: str, scope: Scope, urls: WantedUrls | None = None) -> ImageView:
        """Read an image with all its results, and with URLs of its pictures.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        image, blob = await self._find(image_id, scope)
        view = view_image(image, blob, self._rules, await self._live_models([image]))
        if urls is None:
            return view
        written = await write_content_urls(self._signed_urls, [image_id], urls)
        return msgspec.structs.replace(view, content_urls=written.get(image_id, UNSET))

    async def content_url(self, image_id: str, scope: Scope, urls: WantedUrls) -> ContentUrlView:
        """Write the URL of the only variant that is wanted.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        await self._stores.images.get(image_id, scope)
        written = await write_content_urls(self._signed_urls, [image_id], urls)
        (url,) = written[image_id].values()
        return url

    async def read_histogram(self, image_id: str, scope: Scope) -> tuple[str, bytes]:
        """Read an image's name, and its histogram as 256 little-endian 32-bit counts.

        Raises:
            NotFound: The caller may see no such image, or it has no histogram.
            ImageExpired: The image has expired.
            WrongState: The histogram is not ready yet.
        """
        image, blob = await self._find(image_id, scope)
        packed: bytes | None = result_of(image, blob, "histogram")
        if packed is None:
            raise _absent(image, "histogram")
        return image.filename, packed

    async def mark(self, image_id: str, scope: Scope, change: MarksChange) -> ImageView:
        """Change the marks of an image.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
            InvalidValue: A value is not well formed, or there would be too many.
        """
        await self._stores.change_marks.of_image(image_id, scope, change)
        return await self.read(image_id, scope)

    async def delete(self, image_id: str, caller: Caller, named_user: str | None) -> None:
        """Delete an image, and notify the worker and the clients of its job.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        scope = scope_of(caller, named_user)
        entry = new_entry(caller, AuditAction.IMAGE_DELETED, image_id)
        deleted = await self._stores.image_deletion.delete(image_id, scope, entry)
        if deleted.was_open:  # A worker may be processing it: it can stop.
            await self._stores.job_events.publish_cancel(deleted.job_id)
        await self._stores.job_events.publish_all(deleted.changes)

    async def list_page(
        self,
        wanted: ImageFilter,
        similar_to: str | None,
        distance: int,
        limit: int,
        cursor: str | None,
        urls: WantedUrls,
        by: SimilarBy = SimilarBy.FINGERPRINT,
    ) -> Page[ListedImageView]:
        """List images newest first, or those that are similar to an image, nearest first.

        Args:
            similar_to: The image to find similar ones of, if any; not in the list itself.
            distance: Most bits in which the fingerprints of near-duplicates differ, 0 to 64.
            by: What is compared. A list by embedding has one page.

        Raises:
            LearningOff: There are no embeddings.
            InvalidValue: The cursor belongs to another list, or ``by`` has no image.
            NotFound: The caller may see no such image, or what is compared is missing.
            ImageExpired: The image has expired.
            WrongState: What is compared is not ready yet.
        """
        if by is SimilarBy.EMBEDDING:
            return await self._list_alike(wanted, similar_to, limit, cursor, urls)
        found, next_cursor = await self.find_page(wanted, similar_to, distance, limit, cursor)
        return Page(await self._views(found, urls), UNSET if next_cursor is None else next_cursor)

    async def _list_alike(
        self,
        wanted: ImageFilter,
        similar_to: str | None,
        limit: int,
        cursor: str | None,
        urls: WantedUrls,
    ) -> Page[ListedImageView]:
        if self._similar is None:
            raise LearningOff(HOW_TO_LEARN)
        if similar_to is None:
            raise InvalidValue("by needs similar_to, the ID of an image.", "by")
        if cursor is not None:
            raise InvalidValue("A list by embedding has one page.", "cursor")
        image = await self._stores.images.get(similar_to, wanted.scope)
        found = await self._similar.find(wanted, similar_to, limit)
        if found is None:
            raise _absent(image, "embedding")
        views = await self._views([(None, of) for _, of in found], urls)
        return Page(
            [
                msgspec.structs.replace(view, similarity=round(similarity, 4))
                for view, (similarity, _) in zip(views, found, strict=True)
            ]
        )

    async def find_page(
        self,
        wanted: ImageFilter,
        similar_to: str | None,
        distance: int,
        limit: int,
        cursor: str | None,
    ) -> tuple[list[tuple[int | None, Image]], str | None]:
        """Find a page of images, each after its distance if there is one, and the next cursor.

        See :meth:`list_page`.
        """
        search = self._stores.image_search
        found: list[tuple[int | None, Image]]
        after = read_cursor(cursor, with_distance=similar_to is not None)
        if similar_to is not None:
            likeness = await self._likeness(similar_to, distance, wanted.scope)
            found = [*await search.list_similar(wanted, likeness, limit + 1, after)]
        else:
            images = await search.list_page(wanted, limit + 1, after[1] if after else None)
            found = [(None, image) for image in images]
        if len(found) <= limit:
            return found, None
        apart, last = found[limit - 1]
        return found[:limit], last.id if apart is None else f"{apart}.{last.id}"

    async def find_neighbours(
        self, wanted: ImageFilter, image_id: str
    ) -> tuple[str | None, str | None]:
        """Find the next newer and the next older image of a search; None where there is none."""
        search = self._stores.image_search
        older = await search.list_page(wanted, 1, image_id)
        return await search.find_newer(wanted, image_id), older[0].id if older else None

    async def find_known(self, caller: Caller, asked: KnownImagesRequest) -> KnownImagesView:
        """Find the newest image of the caller's user for each file that they have.

        Raises:
            UserRequired: The key has no user of its own, and none is named.
            InvalidValue: The user or the tenant is not well formed.
            Forbidden: The key belongs to another tenant.
        """
        hashes = list(dict.fromkeys(sha256.lower() for sha256 in asked.sha256))
        owner = asking_user(caller.within(asked.tenant), asked.user_id)
        found = await self._stores.known_images.find_newest(owner, hashes)
        return KnownImagesView(
            [KnownImageView(sha256, found[sha256]) for sha256 in hashes if sha256 in found]
        )

    async def _find(self, image_id: str, scope: Scope) -> tuple[Image, Blob | None]:
        image = await self._stores.images.get(image_id, scope)
        return image, (await self._stores.blobs.find([image.sha256])).get(image.sha256)

    async def _likeness(self, image_id: str, distance: int, scope: Scope) -> Likeness:
        image = await self._stores.images.get(image_id, scope)
        fingerprint = await self._stores.image_search.fingerprint_of(image_id)
        if fingerprint is None:
            raise _absent(image, "fingerprint")
        return Likeness(image_id, fingerprint, distance)

    async def _live_models(self, images: Sequence[Image]) -> dict[str, int]:
        """Read the versions of the live models, if any of the images has predictions."""
        if not any(image.predictions for image in images):
            return {}
        return await self._stores.models.live_versions()

    async def _views(
        self, found: Sequence[tuple[int | None, Image]], urls: WantedUrls
    ) -> list[ListedImageView]:
        blobs = await self._stores.blobs.find([image.sha256 for _, image in found])
        written = await write_content_urls(
            self._signed_urls, [image.id for _, image in found], urls
        )
        live = await self._live_models([image for _, image in found])
        return [
            view_listed(image, blobs.get(image.sha256), apart, written.get(image.id), live)
            for apart, image in found
        ]


def read_cursor(cursor: str | None, *, with_distance: bool) -> tuple[int, str] | None:
    """Read the distance (0 in lists without) and the ID of the last image of the page before.

    Raises:
        InvalidValue: The cursor belongs to another list.
    """
    if cursor is None:
        return None
    distance, point, image_id = cursor.rpartition(".")
    if bool(point) is not with_distance:
        raise InvalidValue("This cursor belongs to another list.", "cursor")
    return int(distance or 0), image_id


def _absent(image: Image, result: str) -> NotFound | WrongState:
    if image.item.status not in TERMINAL:
        return WrongState(f"The {result} is not ready yet; try again when the job is done.")
    return NotFound(f"This image has no {result}: it failed, or was not requested.")
