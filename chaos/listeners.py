"""Those who listen while everything breaks: receivers of every kind, and what each was told."""

from collections.abc import Iterable

import httpx
import msgspec

from benchmarks.harness.receivers import Message, Receivers
from storage.mongo.client import Database

SECRET_KEY = "the-secret-key-of-the-faults-0123456789abcdef"  # noqa: S105 -- of a run alone
EVERYTHING = None
ENDS = ["job.finished"]
# By path: which events it gets. The healthy ones must be told of everything that they chose.
HEALTHY = {"ok/all": EVERYTHING, "ok/ends": ENDS, "flaky/ends": ENDS}
UNWELL = [f"{kind}/ends" for kind in ("error", "busy", "redirect", "gone", "never", "slow", "drop")]
SETTINGS: dict[str, object] = {
    "webhook_allow": "127.0.0.0/8",
    "webhook_allow_http": "true",
    "webhook_timeout_seconds": 5,
    "webhook_retry_seconds": "1,2,4,8,15,30,60",
    "secret_key": SECRET_KEY,
}
_OPEN = (("jobs", "pending_events"), ("images", "pending_events"), ("outbox", "_id"))


class Told(msgspec.Struct, frozen=True):
    """What healthy receivers were told, and what they should have been.

    Attributes:
        events: Events that were made, by type.
        arrived: How many arrived at each healthy receiver, by its path.
        messages: Messages to all receivers together.
        again: Messages that a healthy receiver had been sent before.
        lost: What happened and did not arrive at a healthy receiver.
        made_twice: What arrived under more than one ID.
    """

    events: dict[str, int]
    arrived: dict[str, int]
    messages: int
    again: int
    lost: list[str]
    made_twice: list[str]


async def make_listeners(url: str, key: str, receivers: Receivers) -> None:
    """Have every receiver be told."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for path, event_types in {**HEALTHY, **dict.fromkeys(UNWELL, ENDS)}.items():
            body: dict[str, object] = {"url": receivers.url(*path.split("/")), "note": path}
            if event_types is not EVERYTHING:
                body["event_types"] = event_types
            answer = await client.post("/v1/webhooks", json=body)
            answer.raise_for_status()


async def count_untold(database: Database) -> int:
    """Count what has not been announced, and what has not arrived at a healthy receiver."""
    untold = 0
    for name, field in _OPEN:
        untold += await database[name].count_documents({field: {"$exists": True}})
    healthy = await database["webhook_endpoints"].distinct("_id", {"note": {"$in": list(HEALTHY)}})
    pending = {"endpoint_id": {"$in": healthy}, "status": "pending"}
    return untold + await database["deliveries"].count_documents(pending)


async def look_at_told(database: Database, receivers: Receivers) -> Told:
    """Compare what has happened with what arrived."""
    by_path = receivers.by_path()
    jobs = [job["_id"] async for job in database["jobs"].find({}, {"_id": 1})]
    images = [image["_id"] async for image in database["images"].find({}, {"_id": 1})]
    ends = {f"job.finished of {job}" for job in jobs}
    happened = {
        "ok/all": ends | {f"image.processed of {image}" for image in images},
        "ok/ends": ends,
        "flaky/ends": ends,
    }
    lost, made_twice, arrived, again = [], [], {}, 0
    for path in HEALTHY:
        messages = by_path.get(f"/{path}", [])
        ids = _ids_of(messages)
        lost += [f"{what} at {path}" for what in sorted(happened[path] - ids.keys())]
        made_twice += [f"{what} at {path}" for what, found in ids.items() if len(found) > 1]
        arrived[path] = len({message.id for message in messages})
        again += len(messages) - arrived[path]
    groups = database["events"].aggregate([{"$group": {"_id": "$type", "count": {"$sum": 1}}}])
    events = {group["_id"]: group["count"] async for group in groups}
    return Told(
        dict(sorted(events.items())), arrived, len(receivers.messages), again, lost, made_twice
    )


def _ids_of(messages: Iterable[Message]) -> dict[str, set[str]]:
    """Gather the IDs under which each thing was told."""
    ids: dict[str, set[str]] = {}
    for message in messages:
        event = msgspec.json.decode(message.body)
        data = event["data"]
        of = data.get("image_id") or data.get("dead_letter_id") or data.get("job_id")
        ids.setdefault(f"{event['type']} of {of or data}", set()).add(message.id)
    return ids
