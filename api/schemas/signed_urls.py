"""Schemas of signed URLs."""

from datetime import datetime

import msgspec

from api.http.signed_urls import SignedUrl
from api.schemas.views import view_of


class ContentUrlView(msgspec.Struct, frozen=True):
    """A URL of a picture that works without a key, as in `<img>`, until it expires."""

    url: str
    """Address of the picture. It holds a secret token: do not log it."""
    variant: str
    """`original`, `grayscale`, `thumbnail` or `faces`; of a size its width and format, as
    `w640-webp`, or `full-jpeg` with the width of the original."""
    expires_at: datetime
    """When the URL stops working. It stops earlier if its key is revoked or expires."""


class EventsUrlView(msgspec.Struct, frozen=True):
    """A URL of the event stream of a job that works without a key, as in `EventSource`."""

    url: str
    """Address of the stream. It holds a secret token: do not log it."""
    expires_at: datetime
    """Until when the stream can be opened. A stream that is open continues, and an `EventSource`
    that has received an event can reconnect for a day after this time."""


def view_content_url(signed: SignedUrl, base: str) -> ContentUrlView:
    """Convert the URL of a picture; ``base`` is the address of the service."""
    return view_of(ContentUrlView, signed, url=base + signed.path)


def view_events_url(signed: SignedUrl, base: str) -> EventsUrlView:
    """Convert the URL of a stream; ``base`` is the address of the service."""
    return view_of(EventsUrlView, signed, url=base + signed.path)
