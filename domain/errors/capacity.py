"""Errors of capacity: rate limits, overload, and services that are unavailable."""

from domain.errors.base import ServiceError


class Unavailable(ServiceError):
    """A service that the answer depends on cannot be reached."""

    code = "unavailable"
    title = "The service is temporarily unavailable"


class NoChild(Unavailable):
    """The machine cannot start another process."""

    code = "no_child"
    title = "The service cannot start another process right now"


class WebhooksNotSetUp(ServiceError):
    """The service has no key to encrypt webhook secrets with."""

    code = "webhooks_not_set_up"
    title = "Webhooks are not set up on this service"


class OverLimit(ServiceError):
    """The tenant is over one of its limits.

    Args:
        detail: What happened and what to do, for the client.
        wait_seconds: Estimated seconds until the same request would be accepted.
    """

    code = "over_limit"
    title = "A limit has been reached"

    def __init__(self, detail: str | None = None, wait_seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class RateLimited(OverLimit):
    """The tenant sends requests, files or bytes too fast."""

    code = "rate_limited"
    title = "Too many requests, files or bytes"


class TooManyInFlight(OverLimit):
    """The tenant has too many unfinished images."""

    code = "too_many_in_flight"
    title = "Too many images of this user are unfinished"


class TooManyListeners(OverLimit):
    """The tenant has too many open event streams."""

    code = "too_many_listeners"
    title = "Too many event streams of this user are open"


class Overloaded(OverLimit):
    """Base of the reasons for refusing uploads of every tenant."""

    code = "overloaded"
    title = "The service cannot accept uploads right now"


class BacklogFull(Overloaded):
    """The waiting work would take the workers too long."""

    code = "backlog_full"
    title = "Too many images are waiting to be processed"


class StorageFull(Overloaded):
    """The storage is full."""

    code = "storage_full"
    title = "The storage of the service is full"


class TooManyUploads(Overloaded):
    """The process holds as many uploads in memory as it can."""

    code = "too_many_uploads"
    title = "Too many uploads are in progress"


class ListenersFull(Overloaded):
    """The process holds as many event streams as it can."""

    code = "listeners_full"
    title = "Too many event streams are open"
