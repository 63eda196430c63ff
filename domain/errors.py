"""Every way in which the service says no, as values that outlive the request.

A class says what went wrong in a stable ``code`` and a public ``title``; an instance may add
a ``detail`` for whoever asked. Nothing here knows HTTP: ``api/errors.py`` maps classes to
statuses, ``tasks/`` turns ``retryable`` into another attempt.
"""

from typing import ClassVar


class ServiceError(Exception):
    """Base of all expected failures.

    Args:
        detail: One sentence for whoever asked, saying what to do; no secrets, no paths.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


# --- what is asked is wrong -----------------------------------------------------------------


class MalformedRequest(ServiceError):
    """The request cannot be read."""

    code = "malformed_request"
    title = "The request cannot be read"


class MalformedMultipart(MalformedRequest):
    """The multipart body is broken or incomplete."""

    code = "malformed_multipart"
    title = "The multipart body is broken or incomplete"


class NoFiles(MalformedRequest):
    """No part of the form is a file."""

    code = "no_files"
    title = "No part of the form is a file"


class WrongContentType(ServiceError):
    """The body is of a type that the route does not take."""

    code = "wrong_content_type"
    title = "The body must be multipart/form-data"


class InvalidValue(ServiceError):
    """A value can be read but cannot be used."""

    code = "invalid_value"
    title = "A value cannot be used"


class UnknownOperation(InvalidValue):
    """An operation that is not in the capabilities."""

    code = "unknown_operation"
    title = "The operation is not known"


class TooManyImages(InvalidValue):
    """More images would have to be looked at than one request may."""

    code = "too_many_images"
    title = "That is more images than one request looks at"


class UserRequired(InvalidValue):
    """A service key has to name the user that it acts for."""

    code = "user_required"
    title = "A service key names the user that it acts for"


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


class IdempotencyKeyInUse(WrongState):
    """The first request with this key has not ended."""

    code = "idempotency_key_in_use"
    title = "A request with this Idempotency-Key is still running"


class IdempotencyTakenOver(WrongState):
    """The request was so slow that another one with the same key took its place."""

    code = "idempotency_key_taken_over"
    title = "Another request with this Idempotency-Key took the place of this one"


class IdempotencyKeyMisused(InvalidValue):
    """The key was used for something else."""

    code = "idempotency_key_misused"
    title = "This Idempotency-Key was used with other content"


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


class RangeNotSatisfiable(ServiceError):
    """The range lies outside the content."""

    code = "range_not_satisfiable"
    title = "The range lies outside the content"


class TooManyParts(ServiceError):
    """More parts than one request may carry."""

    code = "too_many_parts"
    title = "The request has too many parts"


class RequestTooLarge(ServiceError):
    """More bytes than one request may carry."""

    code = "request_too_large"
    title = "The request is too large"


class UploadTooSlow(ServiceError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    title = "The upload took too long"


class HeadersTooLarge(ServiceError):
    """More bytes of headers than a request may have."""

    code = "headers_too_large"
    title = "The headers of the request are too large"


class HeadersTooSlow(ServiceError):
    """The headers did not arrive in time."""

    code = "headers_too_slow"
    title = "The headers of the request took too long"


# --- a file is refused: an item error, never a failed request -------------------------------


class FileRefused(ServiceError):
    """Base of the reasons why a file has no result."""

    code = "file_refused"
    title = "The file was refused"


class EmptyFile(FileRefused):
    """The part has no bytes."""

    code = "empty_file"
    title = "The file is empty"


class FileTooLarge(FileRefused):
    """More bytes than a file may have."""

    code = "file_too_large"
    title = "The file is too large"


class UnsupportedFormat(FileRefused):
    """The bytes are of no format that can be decoded, whatever the name says."""

    code = "unsupported_format"
    title = "The file is no image of a supported format"


class CorruptImage(FileRefused):
    """The format is known and the content cannot be decoded."""

    code = "corrupt_image"
    title = "The image is damaged or incomplete"


class TooManyPixels(FileRefused):
    """More pixels, or a longer side, than the limit."""

    code = "too_many_pixels"
    title = "The image has too many pixels"


class TooManyFrames(FileRefused):
    """More frames or pages than the limit."""

    code = "too_many_frames"
    title = "The file has too many frames or pages"


class MetadataTooLarge(FileRefused):
    """More bytes of tags, profiles and texts than the limit."""

    code = "metadata_too_large"
    title = "The metadata of the file is too large"


# --- the work itself fails ------------------------------------------------------------------


class DecodeTimedOut(ServiceError):
    """The child ran over its time and was ended."""

    code = "decode_timed_out"
    title = "The image took too long to process"


class DecoderDied(ServiceError):
    """The child that worked on the image died, as often as is allowed."""

    code = "decoder_died"
    title = "The image repeatedly ended the process that worked on it"


class AttemptsExhausted(ServiceError):
    """The work was begun as often as is allowed and never finished."""

    code = "attempts_exhausted"
    title = "The work was begun several times and never finished"


class OperationFailed(ServiceError):
    """One operation failed on an image that could be decoded."""

    code = "operation_failed"
    title = "The operation failed on this image"


GIVEN_UP = frozenset(
    kind.code for kind in (DecodeTimedOut, DecoderDied, AttemptsExhausted, OperationFailed)
)
"""The codes with which our side gives up; any other says what is wrong with the file."""


# --- the parts that we stand on -------------------------------------------------------------


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


# --- more is asked than can be taken in now: later it can -----------------------------------


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
