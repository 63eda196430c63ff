"""The outbox: events written in the transaction that causes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.client_session import ClientSession

from domain.links import UploadLink
from domain.marks import MARKS, read_marks
from domain.webhooks.events import DATA_OF, Event, EventType, ImageDeleted, LinkUsedUp
from storage.clock import utc_now
from storage.mongo.client import Database, Document, Session
from storage.mongo.threads import PlainDatabase, run_with_session
from storage.outbox.pending_events import events_of_image
from storage.outbox.subscriptions import find_wanted_types


def add_to_outbox(database: PlainDatabase, events: Sequence[Event], session: ClientSession) -> None:
    """Write the events that any endpoint gets.

    Raises:
        PyMongoError: The transaction cannot go on.
    """
    if not events:
        return
    wanted = find_wanted_types(database, session)
    documents = [event_document(event) for event in events if event.type in wanted]
    if documents:
        database["outbox"].insert_many(documents, ordered=False, session=session)


async def add_image_deletions(
    database: Database, images: Sequence[Document], session: Session
) -> None:
    """Write the events of deleted images, after the pending ones of their documents.

    The documents are whole, and read within the transaction that deletes them.

    Raises:
        PyMongoError: The transaction cannot go on.
    """
    now = utc_now()
    events = []
    for image in images:
        events += events_of_image(image)
        image_id, job_id, user_id = image["_id"], image["job_id"], image["user_id"]
        data = ImageDeleted(image_id, job_id, user_id, f"/v1/jobs/{job_id}")
        if external_id := read_marks(image.get(MARKS, ())).external_id:
            data = msgspec.structs.replace(data, external_id=external_id)
        deleted = EventType.IMAGE_DELETED
        events.append(Event(deleted, image_id, 0, now, image["key_id"], user_id, data))
    await run_with_session(
        database, session, lambda plain, within: add_to_outbox(plain, events, within)
    )


def add_link_used_up(
    database: PlainDatabase, before: UploadLink, after: UploadLink, session: ClientSession
) -> None:
    """Write an event if a transaction uses up a link.

    Raises:
        PyMongoError: The transaction cannot go on.
    """
    if before.is_used_up or not after.is_used_up:
        return
    link_id, user_id = after.id, after.user_id
    url = f"/v1/upload-links/{link_id}"
    data = LinkUsedUp(link_id, user_id, after.used_files, after.used_bytes, url)
    event = Event(EventType.LINK_USED_UP, link_id, 0, utc_now(), after.key_id, user_id, data)
    add_to_outbox(database, [event], session)


def event_document(event: Event) -> Document:
    """Make the outbox document of an event."""
    document: Document = msgspec.to_builtins(event, builtin_types=(datetime,))
    return document | {"_id": event.id, "job_id": event.job_id}


def event_of(document: Document) -> Event:
    """Read an event from its outbox document."""
    type_ = EventType(document["type"])
    data: Any = msgspec.convert(document["data"], DATA_OF[type_])
    fields = {name: document[name] for name in Event.__struct_fields__}
    return Event(**fields | {"type": type_, "data": data})
