"""One file while its bytes arrive: it is measured, its format is detected, and it is stored."""

from domain.errors.base import ServiceError
from domain.errors.files import EmptyFile, FileRefused, FileTooLarge, UnsupportedFormat
from domain.filenames import clean_filename
from domain.images.formats import CAMERA_RAW, ImageFormat, is_camera_raw, sniff_format
from domain.limits import UploadLimits
from domain.records import ItemError
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.blobs.intake import HEAD_BYTES, BlobIntake, IncomingFile


class FileIntake:
    """Takes the bytes of one file; those of a file that was refused are dropped.

    Attributes:
        refused: The file, once it is refused.
    """

    def __init__(self, intake: BlobIntake, index: int, filename: str, limits: UploadLimits) -> None:
        self.refused: RefusedFile | None = None
        self._intake = intake
        self._index = index
        self._filename = clean_filename(filename, limits.max_filename_chars)
        self._max_bytes = limits.max_file_bytes
        self._file = IncomingFile()
        self._format: ImageFormat | None = None

    @property
    def size_bytes(self) -> int:
        """The number of bytes so far."""
        return self._file.size_bytes

    async def take(self, data: bytes) -> None:
        """Take bytes."""
        if self.refused is not None:
            return
        await self._intake.write(self._file, data)
        if self._file.size_bytes > self._max_bytes:
            await self.refuse(FileTooLarge(f"The limit is {self._max_bytes} bytes."))
        elif self._format is None and len(self._file.head) == HEAD_BYTES:
            await self._sniff()

    async def end(self) -> TakenFile | RefusedFile:
        """End the file."""
        if self.refused is None and self._format is None:
            await self._sniff()
        if self.refused is not None:
            return self.refused
        staged = await self._intake.finish(self._file)
        return TakenFile(self._index, self._filename, str(self._format), staged)

    async def refuse(self, refusal: ServiceError) -> None:
        """Refuse the file, and drop what was stored of it."""
        await self._intake.refuse(self._file)
        error = ItemError(refusal.code, refusal.detail)
        self.refused = RefusedFile(self._index, self._filename, error)

    async def _sniff(self) -> None:
        try:
            self._format = check_format(self._file.head, self._file.size_bytes)
        except FileRefused as refusal:
            await self.refuse(refusal)


def check_format(head: bytes, size_bytes: int) -> ImageFormat:
    """Detect the format of a file from its first bytes.

    Raises:
        EmptyFile: It has no bytes.
        UnsupportedFormat: Its format is not supported.
    """
    if not size_bytes:
        raise EmptyFile
    format_ = sniff_format(head)
    if format_ is None:
        supported = "See /v1/capabilities for the supported formats."
        raise UnsupportedFormat(CAMERA_RAW if is_camera_raw(head) else supported)
    return format_
