"""Errors of a request: malformed, unusable or too large."""

from collections.abc import Mapping

from domain.errors.access import WrongState
from domain.errors.base import ServiceError

REPEATED = "was sent more than once; send one value"
"""The fault of a parameter or a field that is no list."""


class MalformedRequest(ServiceError, code="malformed_request", title="The request is malformed"):
    """The request cannot be parsed.

    Args:
        detail: What is wrong.
        faults: What is wrong with each parameter or field, by its name, if it is in some.
    """

    def __init__(self, detail: str | None = None, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.faults = faults or {}


class MalformedMultipart(
    MalformedRequest,
    code="malformed_multipart",
    title="The multipart body is malformed or incomplete",
):
    """The multipart body is malformed or incomplete."""


class UnknownParameter(
    MalformedRequest,
    code="unknown_parameter",
    title="The route does not have this query parameter",
):
    """The query has a parameter that the route does not have."""


class SizeNotOffered(
    MalformedRequest, code="size_not_offered", title="The service does not make this size"
):
    """The width is not one of the setting, or the format is unknown.

    Args:
        detail: What the value must be.
        field: The parameter.
    """

    def __init__(self, detail: str | None = None, field: str | None = None) -> None:
        named = f"{field} {detail}." if field and detail else detail
        super().__init__(named, {field: detail} if field and detail else None)


class TooManyBatches(WrongState, code="too_many_batches", title="Too many batches have not ended"):
    """The service keeps a bounded number of batches that have not ended."""


class NoFiles(MalformedRequest, code="no_files", title="The form contains no file"):
    """No part of the form is a file."""


class WrongContentType(
    ServiceError, code="wrong_content_type", title="The body has another type than the route takes"
):
    """The route does not accept the type or the encoding of the body."""


class InvalidValue(ServiceError, code="invalid_value", title="A value is invalid"):
    """A value is well-formed but not allowed.

    Args:
        detail: What is wrong.
        field: The parameter or the field of the body that has the value; ``a/b`` is ``b`` in ``a``.
        faults: What is wrong with each field, by its name, if there are several.
    """

    def __init__(
        self,
        detail: str | None = None,
        field: str | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.faults = faults or ({} if field is None else {field: self.detail})


class UnknownOperation(InvalidValue, code="unknown_operation", title="The operation is unknown"):
    """The operation is not one of the capabilities."""


class TooManyImages(
    InvalidValue, code="too_many_images", title="The request covers too many images"
):
    """The request would have to read too many images."""


class ArchiveTooLarge(
    InvalidValue, code="archive_too_large", title="The archive would be too large"
):
    """The files of the images have more bytes than one archive may have."""


class UserRequired(
    InvalidValue, code="user_required", title="A user_id is required with a service key"
):
    """A service key must name a user."""


class IdempotencyKeyInUse(
    WrongState,
    code="idempotency_key_in_use",
    title="A request with this Idempotency-Key is still running",
):
    """The first request with this key is still running."""


class IdempotencyTakenOver(
    WrongState,
    code="idempotency_key_taken_over",
    title="Another request with this Idempotency-Key replaced this one",
):
    """The request was so slow that another one with the same key replaced it."""


class IdempotencyKeyMisused(
    InvalidValue,
    code="idempotency_key_misused",
    title="This Idempotency-Key was used for a different request",
):
    """The key was used for another request."""


class WrongTusVersion(
    ServiceError, code="wrong_tus_version", title="The version of the tus protocol is not supported"
):
    """The header `Tus-Resumable` is missing, or names a version that the service does not have."""


class ChecksumMismatch(
    ServiceError, code="checksum_mismatch", title="The bytes do not have their checksum"
):
    """The bytes of a resumable upload changed on their way. None of this request were kept."""


class MethodNotAllowed(
    ServiceError, code="method_not_allowed", title="The route does not have this method"
):
    """The path exists, but not with this method."""


class RangeNotSatisfiable(
    ServiceError, code="range_not_satisfiable", title="The requested range lies outside the content"
):
    """The range lies outside the content."""


class TooManyParts(ServiceError, code="too_many_parts", title="The request has too many parts"):
    """The request has too many parts."""


class RequestTooLarge(ServiceError, code="request_too_large", title="The request is too large"):
    """The request has too many bytes."""


class QuotaExceeded(
    RequestTooLarge, code="quota_exceeded", title="The quota of stored bytes would be exceeded"
):
    """The files do not fit into what the key's tenant or user may store."""


class UploadTooSlow(ServiceError, code="upload_too_slow", title="The upload took too long"):
    """The body did not arrive in time."""


class BodyTooSlow(ServiceError, code="body_too_slow", title="The body arrives too slowly"):
    """The body brought nothing for a while, or less than the least rate."""


class HeadersTooLarge(
    ServiceError, code="headers_too_large", title="The request headers are too large"
):
    """The headers have too many bytes."""


class HeadersTooSlow(
    ServiceError, code="headers_too_slow", title="The request headers took too long to arrive"
):
    """The headers did not arrive in time."""
