"""Pending events: entries that a change adds to the document that it changes, in the same write.

An entry holds the state at that moment, because a retry may change the document again before the
announcer reads it. The announcer removes entries that it has announced.
"""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from domain.jobs import Status
from domain.webhooks.events import (
    DeadLetterCreated,
    Event,
    EventType,
    ImageProcessed,
    JobFinished,
)
from storage.mongo.client import Document

PENDING_EVENTS = "pending_events"

HAS_PENDING_EVENTS = {PENDING_EVENTS: {"$exists": True}}

PENDING_EVENTS_INDEXES = [
    IndexModel(
        [(f"{PENDING_EVENTS}.at", ASCENDING)],
        name=PENDING_EVENTS,
        partialFilterExpression=HAS_PENDING_EVENTS,
    )
]
"""Indexes of jobs and of images: documents with pending events, oldest first."""


def pending_job_event(version: int, status: Status, at: datetime) -> Document:
    """Make the entry of a job that ends.

    Args:
        version: Version of the job at its end.
        status: Its status.
        at: When it ended, UTC.
    """
    return {"version": version, "status": status.value, "at": at}


def pending_image_event(fence: int, status: Status, gave_up: str | None, at: datetime) -> Document:
    """Make the entry of an image that ends.

    Args:
        fence: Number of the claim that ends it.
        status: Its status.
        gave_up: Code of the error if the image is a dead letter, else None.
        at: When it ended, UTC.
    """
    return {"fence": fence, "status": status.value, "gave_up": gave_up, "at": at}


def events_of_job(job: Document) -> list[Event]:
    """Read the pending events of a job."""
    return [
        Event(
            type=EventType.JOB_FINISHED,
            object_id=job["_id"],
            version=entry["version"],
            at=entry["at"],
            key_id=job["key_id"],
            user_id=job["user_id"],
            data=JobFinished(
                job_id=job["_id"],
                user_id=job["user_id"],
                status=Status(entry["status"]),
                version=entry["version"],
                url=f"/v1/jobs/{job['_id']}",
            ),
        )
        for entry in job.get(PENDING_EVENTS, ())
    ]


def events_of_image(image: Document) -> list[Event]:
    """Read the pending events of an image."""
    events = []
    for entry in image.get(PENDING_EVENTS, ()):
        events.append(_event(image, entry, EventType.IMAGE_PROCESSED))
        if entry["gave_up"] is not None:
            events.append(_event(image, entry, EventType.DEAD_LETTER_CREATED))
    return events


def _event(image: Document, entry: Document, type_: EventType) -> Event:
    image_id, job_id, user_id = image["_id"], image["job_id"], image["user_id"]
    data: ImageProcessed | DeadLetterCreated
    if type_ is EventType.IMAGE_PROCESSED:
        status = Status(entry["status"])
        data = ImageProcessed(image_id, job_id, user_id, status, f"/v1/images/{image_id}")
    else:
        url = f"/v1/dead-letters/{image_id}"
        data = DeadLetterCreated(image_id, job_id, user_id, entry["gave_up"], url)
    return Event(type_, image_id, entry["fence"], entry["at"], image["key_id"], user_id, data)
