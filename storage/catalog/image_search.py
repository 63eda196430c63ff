"""Search of images by their properties, and by similarity to another image."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from domain.calendar.days import LAST_MOMENT
from domain.fingerprints import band_keys, count_differing_bits, nearby_band_keys
from domain.image_search import ImageFilter, Likeness
from domain.jobs import Status
from domain.keys import Scope
from domain.marks import MARKS
from domain.records import Image
from storage.access.scope import scope_query
from storage.catalog.images import image_of
from storage.catalog.search_indexes import LEAST_FINGERPRINT, NEAR_DUPLICATES
from storage.clock import first_id_at
from storage.mongo.client import COMMITTED, Database, Document
from storage.queue.fair_turns import FairTurns

EARTH_RADIUS_METERS = 6_378_100.0
"""The value that MongoDB's geographic index uses."""

# An ID is made right after the time of upload is read. It is later by more only after the clock of
# a process was set back, until the clock catches up with the last ID.
MAX_ID_LEAD = timedelta(hours=1)
# Large enough for the candidates of any usual search.
_BATCH = 100_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ImageSearch:
    """Searches images."""

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._turns = FairTurns(1)

    async def list_page(
        self, wanted: ImageFilter, limit: int, before: str | None = None
    ) -> list[Image]:
        """List images, newest first; only those older than the image ``before``, if it is given."""
        found = self._images.find(query_of(wanted, before)).sort("_id", -1).limit(limit)
        return [image_of(document) async for document in found]

    async def find_newer(self, wanted: ImageFilter, image_id: str) -> str | None:
        """Find the ID of the oldest image that is newer than an image; None if there is none."""
        query = query_of(wanted)
        query["_id"] = query.get("_id", {}) | {"$gt": image_id}
        found = await self._images.find_one(query, {"_id": 1}, sort=[("_id", 1)])
        return found["_id"] if found else None

    async def fingerprint_of(self, image_id: str) -> int | None:
        """Read the signed fingerprint of an image; None if it has none, or not yet."""
        found = await self._images.find_one({"_id": image_id}, {"fingerprint": 1})
        return found.get("fingerprint") if found else None

    async def list_similar(
        self,
        wanted: ImageFilter,
        likeness: Likeness,
        limit: int,
        after: tuple[int, str] | None = None,
    ) -> list[tuple[int, Image]]:
        """List similar images: nearest first, equally near ones newest first.

        ``after`` is the distance and the ID of the last image of the page before. Each image
        comes after the number of bits in which its fingerprint differs.
        """
        async with self._turns.turn():  # There can be many candidates.
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
        """Find all fingerprints in reach by distance; reads the index only."""
        keys = nearby_band_keys(likeness.fingerprint, likeness.max_distance)
        match: Document = {
            "fingerprint_bands": {"$in": keys},
            # Equal fingerprints are known without a read, and can be many, such as blank pages.
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
    """Return the query of a condition, for images older than the image ``before``."""
    equal = {
        "job_id": wanted.job_id,
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
        # Uploads through a link have the link as their key, which has an index, newest first.
        query = {"key_id": wanted.link_id} | query | {"link_id": wanted.link_id}
    query |= {name: value for name, value in equal.items() if value is not None}
    for name, bounds in ranges.items():
        if known := {sign: bound for sign, bound in bounds.items() if bound is not None}:
            query[name] = known
    if wanted.status in {Status.QUEUED, Status.PROCESSING}:
        # True of all open images, which are few and have an index.
        query["due_at"] = {"$exists": True}
    if wanted.marks:
        query[MARKS] = {"$all": list(wanted.marks)}
    if (predicted := wanted.predicted) is not None:
        least = {"$gte": predicted.least_probability}
        entry = {"task": predicted.task, "value": predicted.value, "probability": least}
        query["predictions"] = {"$elemMatch": entry}
    if wanted.anomalous is not None:
        query["anomalous"] = True if wanted.anomalous else {"$ne": True}
    if wanted.near:
        center = [wanted.near.longitude, wanted.near.latitude]
        radians = wanted.near.radius_meters / EARTH_RADIUS_METERS
        query["location"] = {"$geoWithin": {"$centerSphere": [center, radians]}}
    return query


def _id_bounds(wanted: ImageFilter, before: str | None) -> Document:
    """Return bounds of IDs by the time of upload, so that the index of IDs serves both."""
    since, until = wanted.uploaded_from, wanted.uploaded_before
    last = first_id_at(clip_to_ids(until) + MAX_ID_LEAD) if until else None
    return {
        "$gte": first_id_at(clip_to_ids(since)) if since else None,
        "$lt": min((bound for bound in (before, last) if bound), default=None),
    }


def clip_to_ids(moment: datetime) -> datetime:
    """Limit a time to those that an ID can contain."""
    return min(max(moment, EPOCH), LAST_MOMENT - timedelta(days=1))


def _fewest_faces(wanted: ImageFilter) -> int | None:
    return max(wanted.min_faces or 0, 1) if wanted.min_faces or wanted.has_faces else None


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _any_of(fingerprints: list[int]) -> Document:
    """Return the query for fingerprints, which uses the index by one band key of each."""
    return {
        "fingerprint_bands": {"$in": [band_keys(of)[0] for of in fingerprints]},
        "fingerprint": {"$in": fingerprints},
    }
