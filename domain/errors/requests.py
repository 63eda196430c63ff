"""Errors of a request: malformed, unusable or too large."""

from domain.errors.access import WrongState
from domain.errors.base import ServiceError


class MalformedRequest(ServiceError):
    """The request cannot be parsed."""

    code = "malformed_request"
    title = "The request is malformed"


class MalformedMultipart(MalformedRequest):
    """The multipart body is malformed or incomplete."""

    code = "malformed_multipart"
    title = "The multipart body is malformed or incomplete"


class NoFiles(MalformedRequest):
    """No part of the form is a file."""

    code = "no_files"
    title = "The form contains no file"


class WrongContentType(ServiceError):
    """The route does not accept the type of the body."""

    code = "wrong_content_type"
    title = "The body must be multipart/form-data"


class InvalidValue(ServiceError):
    """A value is well-formed but not allowed."""

    code = "invalid_value"
    title = "A value is invalid"


class UnknownOperation(InvalidValue):
    """The operation is not one of the capabilities."""

    code = "unknown_operation"
    title = "The operation is unknown"


class TooManyImages(InvalidValue):
    """The request would have to read too many images."""

    code = "too_many_images"
    title = "The request covers too many images"


class UserRequired(InvalidValue):
    """A service key must name a user."""

    code = "user_required"
    title = "A user_id is required with a service key"


class IdempotencyKeyInUse(WrongState):
    """The first request with this key is still running."""

    code = "idempotency_key_in_use"
    title = "A request with this Idempotency-Key is still running"


class IdempotencyTakenOver(WrongState):
    """The request was so slow that another one with the same key replaced it."""

    code = "idempotency_key_taken_over"
    title = "Another request with this Idempotency-Key replaced this one"


class IdempotencyKeyMisused(InvalidValue):
    """The key was used for another request."""

    code = "idempotency_key_misused"
    title = "This Idempotency-Key was used for a different request"


class RangeNotSatisfiable(ServiceError):
    """The range lies outside the content."""

    code = "range_not_satisfiable"
    title = "The requested range lies outside the content"


class TooManyParts(ServiceError):
    """The request has too many parts."""

    code = "too_many_parts"
    title = "The request has too many parts"


class RequestTooLarge(ServiceError):
    """The request has too many bytes."""

    code = "request_too_large"
    title = "The request is too large"


class UploadTooSlow(ServiceError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    title = "The upload took too long"


class HeadersTooLarge(ServiceError):
    """The headers have too many bytes."""

    code = "headers_too_large"
    title = "The request headers are too large"


class HeadersTooSlow(ServiceError):
    """The headers did not arrive in time."""

    code = "headers_too_slow"
    title = "The request headers took too long to arrive"
