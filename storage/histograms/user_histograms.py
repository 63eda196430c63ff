"""Reads the histograms of a user's images in a period, from images and results."""

import msgspec

from domain.image_search import ImageFilter
from domain.images.operations import HISTOGRAM
from domain.jobs import Status
from domain.keys import Scope
from domain.records import ImageHistogram
from storage.catalog.image_search import query_of
from storage.histograms.periods import Period
from storage.mongo.client import COMMITTED, Database, Document

_IS_SEEN: Document = {f"cells.{HISTOGRAM}.status": Status.SUCCEEDED.value}
_VALUE = f"metadata.results.{HISTOGRAM}.value"


class HistogramPage(msgspec.Struct, frozen=True):
    """A page, newest first, and ``before`` of the next page; None on the last page."""

    histograms: list[ImageHistogram]
    next_before: str | None


class UserHistograms:
    """Lists histograms of users."""

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._files = database["blobs.files"]

    async def list_page(
        self, user_id: str, period: Period, limit: int, before: str | None = None
    ) -> HistogramPage:
        """List the histograms of the images that a user uploaded in a period.

        Images without a histogram are left out: open ones, failed ones, and those for which the
        operation was not requested. ``before`` is the ID of the last image of the page before.
        """
        wanted = ImageFilter(Scope(user_id), uploaded_from=period.start, uploaded_before=period.end)
        found = self._images.find(
            query_of(wanted, before) | _IS_SEEN, {"uploaded_at": 1, "sha256": 1}
        )
        images = await found.sort("_id", -1).limit(limit + 1).to_list(None)
        page = images[:limit]
        files = self._files.find(
            {"metadata.sha256": {"$in": list({image["sha256"] for image in page})}},
            {"metadata.sha256": 1, _VALUE: 1},
        )
        packed_of = {
            file["metadata"]["sha256"]: file["metadata"]["results"][HISTOGRAM]["value"]
            for file in await files.to_list(None)
        }
        histograms = [
            ImageHistogram(image["_id"], image["uploaded_at"], packed_of[image["sha256"]])
            for image in page
            if image["sha256"] in packed_of  # It may be deleted between the two reads.
        ]
        return HistogramPage(histograms, page[-1]["_id"] if len(images) > limit else None)
