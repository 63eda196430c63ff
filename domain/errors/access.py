"""Errors of access and state: unauthenticated, forbidden, not found, expired, revoked."""

from domain.errors.base import ServiceError


class Unauthenticated(ServiceError):
    """The API key is missing, unknown, expired or revoked."""

    code = "unauthenticated"
    title = "A valid API key is required"


class Forbidden(ServiceError):
    """The API key is valid but lacks the permission."""

    code = "forbidden"
    title = "The API key does not permit this"


class NotFound(ServiceError):
    """The object does not exist, or the key may not see it."""

    code = "not_found"
    title = "The object was not found"


class WrongState(ServiceError):
    """The state of the object does not allow the request."""

    code = "wrong_state"
    title = "The current state does not allow this"


class NothingToRetry(WrongState):
    """No image of the job has failed."""

    code = "nothing_to_retry"
    title = "No image of the job can be retried"


class Expired(ServiceError):
    """The object was deleted at the end of its retention time."""

    code = "expired"
    title = "The object has expired and was deleted"


class JobExpired(Expired):
    """The job was deleted at the end of its retention time."""

    code = "job_expired"
    title = "The job has expired and was deleted"


class ImageExpired(Expired):
    """The image was deleted at the end of its retention time."""

    code = "image_expired"
    title = "The image has expired and was deleted"


class LinkExpired(Expired):
    """The upload link has expired."""

    code = "link_expired"
    title = "The upload link has expired"


class LinkRevoked(Expired):
    """The upload link was revoked."""

    code = "link_revoked"
    title = "The upload link was revoked"


class LinkUsedUp(WrongState):
    """The upload link has reached its limit of files or bytes."""

    code = "link_used_up"
    title = "The link is used up"
