"""Webhooks during a run: receivers of every kind, and the messages that each got."""

from collections.abc import Iterable

import httpx
import msgspec

from benchmarks.harness.receivers import Message, Receivers
from storage.mongo.client import Database

SECRET_KEY = "the-secret-key-of-the-faults-0123456789abcdef"  # noqa: S105 -- of a run alone
ALL_EVENTS = None
ENDS = ["job.finished"]
# Event types by path. Healthy receivers must get every event that they chose.
HEALTHY = {"ok/all": ALL_EVENTS, "ok/ends": ENDS, "flaky/ends": ENDS}
BROKEN = [f"{kind}/ends" for kind in ("error", "busy", "redirect", "gone", "never", "slow", "drop")]
SETTINGS: dict[str, object] = {
    "webhook_allow": "127.0.0.0/8",
    "webhook_allow_http": "true",
    "webhook_timeout_seconds": 5,
    "webhook_retry_seconds": "1,2,4,8,15,30,60",
    "secret_key": SECRET_KEY,
}
_PENDING = (("jobs", "pending_events"), ("images", "pending_events"), ("outbox", "_id"))


class Delivered(msgspec.Struct, frozen=True):
    """Messages that healthy receivers got, beside those that they should have got.

    Attributes:
        events: Number of events by type.
        arrived: Number of events that arrived at each healthy receiver, by its path.
        messages: Number of messages to all receivers together.
        again: Number of repeated messages to healthy receivers.
        lost: Changes without an event at a healthy receiver.
        made_twice: Changes that arrived under more than one ID.
    """

    events: dict[str, int]
    arrived: dict[str, int]
    messages: int
    again: int
    lost: list[str]
    made_twice: list[str]


async def subscribe(url: str, key: str, receivers: Receivers) -> None:
    """Create a webhook for every receiver."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for path, event_types in {**HEALTHY, **dict.fromkeys(BROKEN, ENDS)}.items():
            body: dict[str, object] = {"url": receivers.url(*path.split("/")), "note": path}
            if event_types is not ALL_EVENTS:
                body["event_types"] = event_types
            (await client.post("/v1/webhooks", json=body)).raise_for_status()


async def count_undelivered(database: Database) -> int:
    """Count pending events, and deliveries that healthy receivers have not got."""
    pending = 0
    for name, field in _PENDING:
        pending += await database[name].count_documents({field: {"$exists": True}})
    healthy = await database["webhook_endpoints"].distinct("_id", {"note": {"$in": list(HEALTHY)}})
    waiting = {"endpoint_id": {"$in": healthy}, "status": "pending"}
    return pending + await database["deliveries"].count_documents(waiting)


async def compare_delivered(database: Database, receivers: Receivers) -> Delivered:
    """Compare the changes in the database with the messages that arrived."""
    by_path = receivers.by_path()
    jobs = [job["_id"] async for job in database["jobs"].find({}, {"_id": 1})]
    images = [image["_id"] async for image in database["images"].find({}, {"_id": 1})]
    ends = {f"job.finished of {job}" for job in jobs}
    expected = {
        "ok/all": ends | {f"image.processed of {image}" for image in images},
        "ok/ends": ends,
        "flaky/ends": ends,
    }
    lost, made_twice, arrived, again = [], [], {}, 0
    for path in HEALTHY:
        messages = by_path.get(f"/{path}", [])
        ids = _ids_of(messages)
        lost += [f"{change} at {path}" for change in sorted(expected[path] - ids.keys())]
        made_twice += [f"{change} at {path}" for change, found in ids.items() if len(found) > 1]
        arrived[path] = len({message.id for message in messages})
        again += len(messages) - arrived[path]
    groups = database["events"].aggregate([{"$group": {"_id": "$type", "count": {"$sum": 1}}}])
    events = {group["_id"]: group["count"] async for group in groups}
    return Delivered(
        dict(sorted(events.items())), arrived, len(receivers.messages), again, lost, made_twice
    )


def _ids_of(messages: Iterable[Message]) -> dict[str, set[str]]:
    """Collect the message IDs of each change."""
    ids: dict[str, set[str]] = {}
    for message in messages:
        event = msgspec.json.decode(message.body)
        data = event["data"]
        of = data.get("image_id") or data.get("dead_letter_id") or data.get("job_id")
        ids.setdefault(f"{event['type']} of {of or data}", set()).add(message.id)
    return ids
