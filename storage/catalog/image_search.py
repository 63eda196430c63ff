"""Search among images: by what is known of them, and by likeness to another."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from domain.calendar.days import LAST_MOMENT
from domain.fingerprints import band_keys, count_differing_bits, nearby_band_keys
from domain.image_search import ImageFilter, Likeness
from domain.jobs import Status
from domain.keys import Scope
from domain.records import Image
from storage.access.scope import scope_query
from storage.catalog.images import image_of
from storage.catalog.search_indexes import LEAST_FINGERPRINT, NEAR_DUPLICATES
from storage.clock import first_id_at
from storage.mongo.client import COMMITTED, Database, Document

EARTH_RADIUS_METERS = 6_378_100.0
"""As MongoDB's geographic index has it."""

# IDs are made right after the time of upload is read. They are later by more only while the
# clock of a process, after it was set back, has not caught up with its last ID.
MAX_ID_LEAD = timedelta(hours=1)
# Smallest batch that holds the candidates of any usual search in one answer.
_BATCH = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ImageSearch:
    """Finds images.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)

    async def list_page(
        self, wanted: ImageFilter, limit: int, before: str | None = None
    ) -> list[Image]:
        """List images, newest first.

        Args:
            wanted: Which.
            limit: Most images.
            before: Only images older than this one.
        """
        found = self._images.find(query_of(wanted, before)).sort("_id", -1).limit(limit)
        return [image_of(document) async for document in found]

    async def fingerprint_of(self, image_id: str) -> int | None:
        """Read the fingerprint of an image, signed; None if it has none, or not yet."""
        found = await self._images.find_one({"_id": image_id}, {"fingerprint": 1})
        return found.get("fingerprint") if found else None

    async def list_similar(
        self,
        wanted: ImageFilter,
        likeness: Likeness,
        limit: int,
        after: tuple[int, str] | None = None,
    ) -> list[tuple[int, Image]]:
        """List images that are like another one: nearest first, among equals newest first.

        Args:
            wanted: Which of them.
            likeness: What they are to be like.
            limit: Most images.
            after: Distance and ID of the last image that is known already.

        Returns:
            Images, each with the number of bits in which its fingerprint differs.
        """
        at_distance = await self._fingerprints_near(wanted.scope, likeness)
        found: list[tuple[int, Image]] = []
        for distance in sorted(at_distance):
            if after and distance < after[0]:
                continue
            before = after[1] if after and distance == after[0] else None
            query = query_of(wanted, before) | _any_of(at_distance[distance])
            query["_id"] = query.get("_id", {}) | {"$ne": likeness.image_id}
            images = self._images.find(query).sort("_id", -1).limit(limit - len(found))
            found += [(distance, image_of(document)) async for document in images]
            if len(found) == limit:
                break
        return found

    async def _fingerprints_near(self, scope: Scope, likeness: Likeness) -> dict[int, list[int]]:
        """Find all fingerprints in reach, by distance, in the index alone."""
        keys = nearby_band_keys(likeness.fingerprint, likeness.max_distance)
        match: Document = {
            "fingerprint_bands": {"$in": keys},
            # Equal ones are known without a look, and may be many: blank pages are alike.
            "fingerprint": {"$gte": LEAST_FINGERPRINT, "$ne": likeness.fingerprint},
        }
        if scope.user_id is not None:
            match["user_id"] = scope.user_id
        candidates = self._images.aggregate(
            [{"$match": match}, {"$group": {"_id": "$fingerprint"}}],
            hint=NEAR_DUPLICATES,
            batchSize=_BATCH,
        )
        at_distance = defaultdict(list, {0: [likeness.fingerprint]})
        for candidate in await candidates.to_list(None):
            distance = count_differing_bits(candidate["_id"], likeness.fingerprint)
            if distance <= likeness.max_distance:
                at_distance[distance].append(candidate["_id"])
        return at_distance


def query_of(wanted: ImageFilter, before: str | None = None) -> Document:
    """Turn a filter into a query.

    Args:
        wanted: Which images.
        before: Only images older than this one.
    """
    equal = {
        "format": wanted.format,
        "camera_make": wanted.camera_make,
        "camera_model": wanted.camera_model,
        "status": wanted.status.value if wanted.status else None,
    }
    ranges: dict[str, Document] = {
        "taken_on": {"$gte": _text(wanted.taken_from), "$lte": _text(wanted.taken_to)},
        "uploaded_at": {"$gte": wanted.uploaded_from, "$lt": wanted.uploaded_before},
        "faces": {"$gte": _fewest_faces(wanted), "$lt": 1 if wanted.has_faces is False else None},
        "_id": _id_bounds(wanted, before),
    }
    query = scope_query(wanted.scope)
    if wanted.link_id is not None:
        # To its uploads, a link is the key: that has an index with the newest first.
        query = {"key_id": wanted.link_id} | query | {"link_id": wanted.link_id}
    query |= {name: value for name, value in equal.items() if value is not None}
    for name, bounds in ranges.items():
        if known := {sign: bound for sign, bound in bounds.items() if bound is not None}:
            query[name] = known
    if wanted.status in {Status.QUEUED, Status.PROCESSING}:
        query["due_at"] = {"$exists": True}  # Always so; open images are few, and have an index.
    if wanted.near:
        center = [wanted.near.longitude, wanted.near.latitude]
        radians = wanted.near.radius_meters / EARTH_RADIUS_METERS
        query["location"] = {"$geoWithin": {"$centerSphere": [center, radians]}}
    return query


def _id_bounds(wanted: ImageFilter, before: str | None) -> Document:
    """Bound IDs by the time of upload, which makes their index that of the time as well."""
    since, until = wanted.uploaded_from, wanted.uploaded_before
    last = first_id_at(_clip(until) + MAX_ID_LEAD) if until else None
    return {
        "$gte": first_id_at(_clip(since)) if since else None,
        "$lt": min((bound for bound in (before, last) if bound), default=None),
    }


def _clip(moment: datetime) -> datetime:
    """Keep a time within those that an ID can carry."""
    return min(max(moment, _EPOCH), LAST_MOMENT - MAX_ID_LEAD)


def _fewest_faces(wanted: ImageFilter) -> int | None:
    return max(wanted.min_faces or 0, 1) if wanted.min_faces or wanted.has_faces else None


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _any_of(fingerprints: list[int]) -> Document:
    """Ask for fingerprints through the index that holds them: by a key of each."""
    return {
        "fingerprint_bands": {"$in": [band_keys(of)[0] for of in fingerprints]},
        "fingerprint": {"$in": fingerprints},
    }
