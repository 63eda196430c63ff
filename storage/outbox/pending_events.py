"""Pending events: entries that a change adds to the document that it changes, in the same write.

An entry holds the state at that moment, because a retry may change the document again before the
announcer reads it. The announcer removes entries that it has announced.
"""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from domain.jobs import Status
from domain.marks import MARKS
from domain.webhooks.events import (
    DeadLetterCreated,
    Event,
    EventType,
    ImageProcessed,
    JobFinished,
    mark_fields,
)
from storage.mongo.client import Document
from storage.mongo.looks import Look

PENDING_EVENTS = "pending_events"

HAS_PENDING_EVENTS = {PENDING_EVENTS: {"$exists": True}}

PENDING_SINCE = f"{PENDING_EVENTS}.at"
"""The field by which the index orders documents."""

EVENT_LOOKS = {
    "jobs": Look("jobs", HAS_PENDING_EVENTS, PENDING_SINCE),
    "images": Look("images", HAS_PENDING_EVENTS, PENDING_SINCE),
    "outbox": Look("outbox", {}, "at"),
}
"""Searches for events that are not announced yet, the oldest first."""

PENDING_EVENTS_INDEXES = [
    IndexModel(
        [(PENDING_SINCE, ASCENDING)],
        name=PENDING_EVENTS,
        partialFilterExpression=HAS_PENDING_EVENTS,
    )
]
"""Indexes of jobs and of images: documents with pending events, oldest first."""


def pending_job_event(version: int, status: Status, at: datetime) -> Document:
    """Make the entry of a job that ends with this version and status."""
    return {"version": version, "status": status.value, "at": at}


def pending_image_event(fence: int, status: Status, gave_up: str | None, at: datetime) -> Document:
    """Make the entry of an image that a claim ends, with the error code of a dead letter."""
    return {"fence": fence, "status": status.value, "gave_up": gave_up, "at": at}


def events_of_job(job: Document) -> list[Event]:
    """Read the pending events of a job."""
    job_id, user_id, finished = job["_id"], job["user_id"], EventType.JOB_FINISHED
    events, marks = [], mark_fields(job.get(MARKS, ()))
    for entry in job.get(PENDING_EVENTS, ()):
        version, status = entry["version"], Status(entry["status"])
        data = JobFinished(job_id, user_id, status, version, f"/v1/jobs/{job_id}", **marks)
        events.append(Event(finished, job_id, version, entry["at"], job["key_id"], user_id, data))
    return events


def events_of_image(image: Document) -> list[Event]:
    """Read the pending events of an image."""
    image_id, job_id, user_id = image["_id"], image["job_id"], image["user_id"]
    events, marks = [], mark_fields(image.get(MARKS, ()))
    for entry in image.get(PENDING_EVENTS, ()):
        status, gave_up = Status(entry["status"]), entry["gave_up"]
        origin = (image_id, entry["fence"], entry["at"], image["key_id"], user_id)
        done = ImageProcessed(image_id, job_id, user_id, status, f"/v1/images/{image_id}", **marks)
        events.append(Event(EventType.IMAGE_PROCESSED, *origin, done))
        if gave_up is not None:
            url = f"/v1/dead-letters/{image_id}"
            lost = DeadLetterCreated(image_id, job_id, user_id, gave_up, url, **marks)
            events.append(Event(EventType.DEAD_LETTER_CREATED, *origin, lost))
    return events
