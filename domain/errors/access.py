"""Errors of access and state: unauthenticated, forbidden, not found, expired, revoked."""

from domain.errors.base import ServiceError


class Unauthenticated(ServiceError):
    """No key, an unknown key, or a revoked one."""

    code = "unauthenticated"
    title = "A valid API key is required"


class Forbidden(ServiceError):
    """The key is valid and may not do this."""

    code = "forbidden"
    title = "The key may not do this"


class NotFound(ServiceError):
    """Nothing there, or nothing that the key may see."""

    code = "not_found"
    title = "There is nothing here that this key may see"


class WrongState(ServiceError):
    """The thing is not in a state that allows this."""

    code = "wrong_state"
    title = "The state does not allow this"


class NothingToRetry(WrongState):
    """No image of the job has failed."""

    code = "nothing_to_retry"
    title = "Nothing of it has failed that could be run again"


class Expired(ServiceError):
    """It was kept for as long as the settings say."""

    code = "expired"
    title = "It was there and is kept no longer"


class JobExpired(Expired):
    """The job was kept for as long as the settings say."""

    code = "job_expired"
    title = "The job is kept no longer"


class ImageExpired(Expired):
    """The image was kept for as long as the settings say."""

    code = "image_expired"
    title = "The image is kept no longer"


class LinkExpired(Expired):
    """The link's time is over."""

    code = "link_expired"
    title = "The link has expired"


class LinkRevoked(Expired):
    """Whoever made the link has withdrawn it."""

    code = "link_revoked"
    title = "The link was withdrawn"


class LinkUsedUp(WrongState):
    """As many files, or bytes, came in through the link as it allows."""

    code = "link_used_up"
    title = "The link is used up"
