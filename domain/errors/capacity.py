"""Errors of capacity: rate limits, overload, and parts that are unavailable."""

from domain.errors.base import ServiceError


class Unavailable(ServiceError):
    """A part that the answer depends on cannot be reached now."""

    code = "unavailable"
    title = "The service cannot answer right now"
    retryable = True


class NoChild(Unavailable):
    """The machine has no room for another process now."""

    code = "no_child"
    title = "The service has no room for another process right now"


class WebhooksNotSetUp(ServiceError):
    """The service was not given the key that secrets of receivers are encrypted with."""

    code = "webhooks_not_set_up"
    title = "Webhooks are not set up here"


class OverLimit(ServiceError):
    """More is asked than this tenant may send now.

    Args:
        detail: One sentence for whoever asked, saying what to do.
        wait_seconds: After how long the same request would be let in, as far as is known.
    """

    code = "over_limit"
    title = "More was sent than is taken in now"
    retryable = True

    def __init__(self, detail: str | None = None, wait_seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class RateLimited(OverLimit):
    """The tenant sends requests, files or bytes faster than it may."""

    code = "rate_limited"
    title = "Too many requests, files or bytes"


class TooManyInFlight(OverLimit):
    """The tenant has as much under way as it may."""

    code = "too_many_in_flight"
    title = "Too much is under way for this key"


class TooManyListeners(OverLimit):
    """The tenant listens to as many jobs as it may."""

    code = "too_many_listeners"
    title = "Too many event streams for this key"


class Overloaded(OverLimit):
    """Base of the reasons why nobody's uploads are taken in now."""

    code = "overloaded"
    title = "The service takes no uploads right now"


class BacklogFull(Overloaded):
    """What waits already would take the workers too long."""

    code = "backlog_full"
    title = "Too much work is waiting"


class StorageFull(Overloaded):
    """There is no room for more files."""

    code = "storage_full"
    title = "There is no room for more files"


class TooManyUploads(Overloaded):
    """As many uploads are coming in as can be held in memory."""

    code = "too_many_uploads"
    title = "Too many uploads at the same time"


class ListenersFull(Overloaded):
    """As many event streams are open as one process holds."""

    code = "listeners_full"
    title = "Too many event streams are open"
