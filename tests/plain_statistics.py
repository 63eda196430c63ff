"""The statistics by the plainest way there is: all documents read, one by one, into sums."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.statistics import DayCount, Statistics
from storage.mongo.client import COMMITTED, Database


async def recount_plainly(database: Database, now: datetime, zone: str) -> Statistics:
    """Count everything; nothing may change meanwhile.

    Args:
        database: Holds everything.
        now: The time, UTC.
        zone: Whose days are meant.
    """
    formats: Counter[str] = Counter()
    cameras: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    days: Counter[object] = Counter()
    users = set()
    images = size_bytes = faces = 0
    async for image in database.get_collection("images", read_concern=COMMITTED).find():
        images += 1
        size_bytes += image["size_bytes"]
        faces += image.get("faces", 0)
        users.add(image["user_id"])
        formats[image["format"]] += 1
        if image.get("camera_model"):
            cameras[image["camera_model"]] += 1
        errors = [image.get("error"), *(cell.get("error") for cell in image["cells"].values())]
        failures.update({error["code"] for error in errors if error})
        days[image["uploaded_at"].astimezone(ZoneInfo(zone)).date()] += 1
    stored = 0
    async for blob in database.get_collection("blobs.files", read_concern=COMMITTED).find():
        stored += blob["length"]
    today = now.astimezone(ZoneInfo(zone)).date()
    last_days = [today - timedelta(days=back) for back in range(29, -1, -1)]
    return Statistics(
        images=images,
        users=len(users),
        bytes=size_bytes,
        stored_bytes=stored,
        faces=faces,
        formats=_most_first(formats),
        cameras=_most_first(cameras)[:10],
        failures=_most_first(failures),
        days=[DayCount(day, days[day]) for day in last_days],
    )


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
