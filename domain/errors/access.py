"""Errors of access and state: unauthenticated, forbidden, not found, expired, revoked."""

from domain.errors.base import ServiceError


class Unauthenticated(ServiceError, code="unauthenticated", title="A valid API key is required"):
    """The API key is missing, unknown, expired or revoked."""


class Forbidden(ServiceError, code="forbidden", title="The API key does not permit this"):
    """The API key is valid but lacks the permission."""


class ScopeMissing(
    Forbidden, code="scope_missing", title="The API key lacks a scope that this requires"
):
    """The scopes of the API key do not include what the route requires."""


class NotFound(ServiceError, code="not_found", title="The object was not found"):
    """The object does not exist, or the key may not see it."""


class WrongState(ServiceError, code="wrong_state", title="The current state does not allow this"):
    """The state of the object does not allow the request."""


class NothingToRetry(
    WrongState, code="nothing_to_retry", title="No image of the job can be retried"
):
    """No image of the job has failed."""


class TooManyWebhooks(WrongState, code="too_many_webhooks", title="The key has too many webhooks"):
    """The key has as many webhooks, or new callback targets, as it may have."""


class TooManyKeys(WrongState, code="too_many_keys", title="The key has created too many keys"):
    """The service key has created as many keys, that have not expired, as it may."""


class TooManyLinks(WrongState, code="too_many_links", title="The key has created too many links"):
    """The service key has created as many open links as it may."""


class Expired(ServiceError, code="expired", title="The object has expired and was deleted"):
    """The object was deleted at the end of its retention time."""


class JobExpired(Expired, code="job_expired", title="The job has expired and was deleted"):
    """The job was deleted at the end of its retention time."""


class ImageExpired(Expired, code="image_expired", title="The image has expired and was deleted"):
    """The image was deleted at the end of its retention time."""


class LinkExpired(Expired, code="link_expired", title="The upload link has expired"):
    """The upload link has expired."""


class LinkRevoked(Expired, code="link_revoked", title="The upload link was revoked"):
    """The upload link was revoked."""


class UploadOffsetConflict(
    WrongState, code="upload_offset_conflict", title="The upload is at another offset"
):
    """A resumable upload has another offset than the request names: ask for it by HEAD."""


class UploadUnfinished(
    WrongState, code="upload_unfinished", title="The resumable upload is not finished"
):
    """A job was asked for whose resumable upload has not all of its bytes."""


class UploadUsed(WrongState, code="upload_used", title="A job has used the resumable upload"):
    """A resumable upload is used once, and a job has used it."""


class UploadInterrupted(
    WrongState,
    code="upload_interrupted",
    title="Another request has gone on with the resumable upload",
):
    """Another request asked for the offset, or sent bytes: what this one sent last is dropped."""


class ResumableExpired(Expired, code="resumable_expired", title="The resumable upload has expired"):
    """The resumable upload brought no bytes, or was not used, for too long."""


class LinkUsedUp(WrongState, code="link_used_up", title="The link is used up"):
    """The upload link has reached its limit of files or bytes."""


class TooFewLabels(WrongState, code="too_few_labels", title="There are too few labels"):
    """A model cannot be trained: too few images of a class are labelled."""


class TrainingFailed(WrongState, code="training_failed", title="The training failed"):
    """A model could not be trained for a reason inside of the service."""


class LearningOff(WrongState, code="learning_off", title="The service does not learn"):
    """The service runs without ``MINILAB_LEARNING``."""


HOW_TO_LEARN = "Start the API and the workers with MINILAB_LEARNING=true."
"""What the administrator does then."""
