"""Errors of one file: refused at upload, undecodable, or given up."""

from domain.errors.base import ServiceError


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
