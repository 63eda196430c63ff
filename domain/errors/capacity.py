"""Errors of capacity: rate limits, overload, and services that are unavailable."""

from domain.errors.base import ServiceError


class Unavailable(ServiceError, code="unavailable", title="The service is temporarily unavailable"):
    """A service that the answer depends on cannot be reached."""


class BytesUnavailable(
    Unavailable,
    code="bytes_unavailable",
    title="The store of large files cannot be reached",
):
    """The bytes of large files can be neither written nor read for now. Small ones can."""


class NoChild(
    Unavailable, code="no_child", title="The service cannot start another process right now"
):
    """The machine cannot start another process."""


class WebhooksNotSetUp(
    ServiceError, code="webhooks_not_set_up", title="Webhooks are not set up on this service"
):
    """The service has no key to encrypt webhook secrets with."""


class OverLimit(ServiceError, code="over_limit", title="A limit has been reached"):
    """The tenant is over one of its limits, for an estimated time."""

    def __init__(self, detail: str | None = None, wait_seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class RateLimited(OverLimit, code="rate_limited", title="Too many requests, files or bytes"):
    """The tenant sends requests, files or bytes too fast."""


class TooManyWrongKeys(
    OverLimit, code="too_many_wrong_keys", title="Too many wrong keys came from this address"
):
    """The address has sent too many wrong keys. Valid keys are accepted all the same."""


class TooManyInFlight(
    OverLimit, code="too_many_in_flight", title="Too many images of this user are unfinished"
):
    """The tenant has too many unfinished images."""


class TooManyResumable(
    OverLimit,
    code="too_many_resumable_uploads",
    title="Too many resumable uploads of this user are unused",
):
    """The tenant has too many resumable uploads, or bytes of them, that no job has used."""


class TooManyListeners(
    OverLimit,
    code="too_many_listeners",
    title="Too many event streams and held answers of this user are open",
):
    """The tenant has too many open event streams and held answers."""


class TooManyConnections(
    OverLimit, code="too_many_connections", title="Too many connections from this address are open"
):
    """The address has too many open connections."""


class TooManyReads(
    OverLimit, code="too_many_reads", title="Too many requests of this user wait for their turn"
):
    """The tenant has too many large reads that wait."""


class Overloaded(OverLimit, code="overloaded", title="The service cannot accept uploads right now"):
    """Base of the reasons for refusing requests of every tenant."""


class BacklogFull(
    Overloaded, code="backlog_full", title="Too many images are waiting to be processed"
):
    """The waiting work would take the workers too long."""


class StorageFull(Overloaded, code="storage_full", title="The storage of the service is full"):
    """The storage is full."""


class TooManyUploads(Overloaded, code="too_many_uploads", title="Too many uploads are in progress"):
    """The process holds as many uploads in memory as it can."""


class ListenersFull(
    Overloaded,
    code="listeners_full",
    title="Too many event streams and held answers are open",
):
    """The process holds as many event streams and answers as it can."""


class RenderingFull(
    Overloaded, code="rendering_full", title="Too many pictures wait to be rendered"
):
    """The process has as many renderings waiting as it can."""


class ReadingFull(Overloaded, code="reading_full", title="Too many large reads are in progress"):
    """The process has as many large reads waiting as it can."""


class ConnectionsFull(Overloaded, code="connections_full", title="Too many connections are open"):
    """The process has as many open connections as it can."""
