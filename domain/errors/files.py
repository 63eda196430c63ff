"""Errors of one file: refused, undecodable, or given up."""

from domain.errors.base import ServiceError


class FileRefused(ServiceError, code="file_refused", title="The file was refused"):
    """Base of the reasons for refusing a file."""


class MalformedPart(FileRefused, code="malformed_part", title="The part of the form is malformed"):
    """The headers of the part cannot be read. Other parts are not affected."""


class EmptyFile(FileRefused, code="empty_file", title="The file is empty"):
    """The part has no bytes."""


class FileTooLarge(FileRefused, code="file_too_large", title="The file is too large"):
    """The file has too many bytes."""


class UnsupportedFormat(
    FileRefused, code="unsupported_format", title="The file is no image of a supported format"
):
    """The content is not of a supported format, whatever the file name says."""


class CorruptImage(FileRefused, code="corrupt_image", title="The image is damaged or incomplete"):
    """The format is supported, but the content cannot be decoded."""


class TooManyPixels(FileRefused, code="too_many_pixels", title="The image has too many pixels"):
    """The image has too many pixels, or a side is too long."""


class TooManyFrames(
    FileRefused, code="too_many_frames", title="The file has too many frames or pages"
):
    """The file has too many frames or pages."""


class MetadataTooLarge(
    FileRefused, code="metadata_too_large", title="The metadata of the file is too large"
):
    """The tags, profiles and texts of the file have too many bytes."""


class FetchRefused(FileRefused, code="fetch_refused", title="The URL may not be fetched"):
    """The URL, or one that it redirects to, is not allowed."""


class FetchFailed(FileRefused, code="fetch_failed", title="The URL could not be fetched"):
    """The server cannot be reached, or does not answer with a whole file."""


class FetchTimedOut(FileRefused, code="fetch_timeout", title="Fetching the URL took too long"):
    """The file did not arrive in time."""


class DecodeTimedOut(
    ServiceError, code="decode_timed_out", title="Processing the image took too long"
):
    """The child process exceeded its time limit and was killed."""


class DecoderDied(
    ServiceError, code="decoder_died", title="The image repeatedly crashed the decoder"
):
    """The child process died on this image as often as allowed."""


class AttemptsExhausted(
    ServiceError, code="attempts_exhausted", title="Processing the image was attempted too often"
):
    """Every allowed attempt began, and none finished."""


class OperationFailed(
    ServiceError, code="operation_failed", title="The operation failed on this image"
):
    """An operation failed on a decodable image."""


class OperationUnavailable(
    ServiceError,
    code="operation_unavailable",
    title="The workers are not set up for the operation",
):
    """A worker without the extra `learning` received an image that asks for its operations."""


GIVEN_UP = frozenset(
    kind.code
    for kind in (
        DecodeTimedOut,
        DecoderDied,
        AttemptsExhausted,
        OperationFailed,
        OperationUnavailable,
    )
)
"""Codes of dead letters. Every other code describes a fault of the file."""
