"""Errors of one file: refused, undecodable, or given up."""

from domain.errors.base import ServiceError


class FileRefused(ServiceError):
    """Base of the reasons for refusing a file."""

    code = "file_refused"
    title = "The file was refused"


class EmptyFile(FileRefused):
    """The part has no bytes."""

    code = "empty_file"
    title = "The file is empty"


class FileTooLarge(FileRefused):
    """The file has too many bytes."""

    code = "file_too_large"
    title = "The file is too large"


class UnsupportedFormat(FileRefused):
    """The content is not of a supported format, whatever the file name says."""

    code = "unsupported_format"
    title = "The file is no image of a supported format"


class CorruptImage(FileRefused):
    """The format is supported, but the content cannot be decoded."""

    code = "corrupt_image"
    title = "The image is damaged or incomplete"


class TooManyPixels(FileRefused):
    """The image has too many pixels, or a side is too long."""

    code = "too_many_pixels"
    title = "The image has too many pixels"


class TooManyFrames(FileRefused):
    """The file has too many frames or pages."""

    code = "too_many_frames"
    title = "The file has too many frames or pages"


class MetadataTooLarge(FileRefused):
    """The tags, profiles and texts of the file have too many bytes."""

    code = "metadata_too_large"
    title = "The metadata of the file is too large"


class DecodeTimedOut(ServiceError):
    """The child process exceeded its time limit and was killed."""

    code = "decode_timed_out"
    title = "Processing the image took too long"


class DecoderDied(ServiceError):
    """The child process died on this image as often as allowed."""

    code = "decoder_died"
    title = "The image repeatedly crashed the decoder"


class AttemptsExhausted(ServiceError):
    """Every allowed attempt began, and none finished."""

    code = "attempts_exhausted"
    title = "Processing the image was attempted too often"


class OperationFailed(ServiceError):
    """An operation failed on a decodable image."""

    code = "operation_failed"
    title = "The operation failed on this image"


GIVEN_UP = frozenset(
    kind.code for kind in (DecodeTimedOut, DecoderDied, AttemptsExhausted, OperationFailed)
)
"""Codes of dead letters. Every other code describes a fault of the file."""
