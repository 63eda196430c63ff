"""Marks that a change leaves on the document that it changes, in the same write.

A mark says that the change has not been announced, and what was true at that moment: a retry may
change the document again before anybody has looked. The announcer takes marks off.
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
"""Of jobs and of images: what has not been announced, oldest first."""


def pending_job_event(version: int, status: Status, at: datetime) -> Document:
    """Mark a job that ends with this version."""
    return {"version": version, "status": status.value, "at": at}


def pending_image_event(fence: int, status: Status, gave_up: str | None, at: datetime) -> Document:
    """Mark an image that ends under this fence.

    Args:
        fence: Number of the claim that ends it.
        status: How it ends.
        gave_up: Code of the error with which our side gave it up, if it did.
        at: When.
    """
    return {"fence": fence, "status": status.value, "gave_up": gave_up, "at": at}


def events_of_job(job: Document) -> list[Event]:
    """Read what the marks on a job tell."""
    return [
        Event(
            type=EventType.JOB_FINISHED,
            object_id=job["_id"],
            version=mark["version"],
            at=mark["at"],
            key_id=job["key_id"],
            user_id=job["user_id"],
            data=JobFinished(
                job_id=job["_id"],
                user_id=job["user_id"],
                status=Status(mark["status"]),
                version=mark["version"],
                url=f"/v1/jobs/{job['_id']}",
            ),
        )
        for mark in job.get(PENDING_EVENTS, ())
    ]


def events_of_image(image: Document) -> list[Event]:
    """Read what the marks on an image tell."""
    events = []
    for mark in image.get(PENDING_EVENTS, ()):
        events.append(_event(image, mark, EventType.IMAGE_PROCESSED))
        if mark["gave_up"] is not None:
            events.append(_event(image, mark, EventType.DEAD_LETTER_CREATED))
    return events


def _event(image: Document, mark: Document, type_: EventType) -> Event:
    image_id, job_id, user_id = image["_id"], image["job_id"], image["user_id"]
    data: ImageProcessed | DeadLetterCreated
    if type_ is EventType.IMAGE_PROCESSED:
        status = Status(mark["status"])
        data = ImageProcessed(image_id, job_id, user_id, status, f"/v1/images/{image_id}")
    else:
        url = f"/v1/dead-letters/{image_id}"
        data = DeadLetterCreated(image_id, job_id, user_id, mark["gave_up"], url)
    return Event(type_, image_id, mark["fence"], mark["at"], image["key_id"], user_id, data)
