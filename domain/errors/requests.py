"""Errors of a request: malformed, unusable or too large."""

from domain.errors.access import WrongState
from domain.errors.base import ServiceError


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
