"""Parses a multipart body as it arrives: files are hashed, detected, counted and written."""

from collections.abc import AsyncIterator

import msgspec
from multipart import MultipartError

from api.uploads.filenames import clean_filename
from api.uploads.part_names import decode_text, read_parameters
from api.uploads.part_parser import Part, PartParser
from domain.errors.base import ServiceError
from domain.errors.files import EmptyFile, FileTooLarge, MalformedPart, UnsupportedFormat
from domain.errors.requests import (
    MalformedMultipart,
    NoFiles,
    RequestTooLarge,
    TooManyParts,
    WrongContentType,
)
from domain.images.formats import CAMERA_RAW, ImageFormat, is_camera_raw, sniff_format
from domain.limits import UploadLimits
from domain.records import ItemError
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.blobs.intake import HEAD_BYTES, BlobIntake, IncomingFile


class Form(msgspec.Struct):
    """The files of a form, and its text fields; of several with one name, the last."""

    taken: list[TakenFile] = []
    refused: list[RefusedFile] = []
    fields: dict[str, bytes] = {}

    @property
    def texts(self) -> dict[str, str]:
        """The text fields; of those that are not UTF-8, as they can be read."""
        return {name: decode_text(value) for name, value in self.fields.items()}

    def text(self, name: str) -> str | None:
        """Give a text field; None if it is empty or missing.

        Raises:
            MalformedMultipart: It is not UTF-8.
        """
        try:
            return self.fields.get(name, b"").decode() or None
        except UnicodeDecodeError:
            raise MalformedMultipart(f"The field {name} is not UTF-8.") from None

    @property
    def files(self) -> int:
        """The number of files, taken and refused."""
        return len(self.taken) + len(self.refused)


async def receive_form(
    body: AsyncIterator[bytes],
    content_type: str | None,
    intake: BlobIntake,
    limits: UploadLimits,
) -> Form:
    """Parse a form. After an error, the caller discards the intake.

    Raises:
        WrongContentType: The body is not multipart/form-data.
        MalformedMultipart: The body is broken or incomplete, or no part of it can be used.
        TooManyParts: There are more parts than allowed.
        RequestTooLarge: There are more bytes than allowed.
        NoFiles: No part has a file name.
    """
    boundary = _boundary(content_type)
    receiver = _Receiver(intake, limits)
    try:
        with PartParser(boundary, limits.max_part_header_bytes, limits.max_part_headers) as parser:
            async for chunk in body:
                receiver.count(chunk)
                for event in parser.parse(chunk):
                    if event is None:
                        await receiver.end_part()
                    elif isinstance(event, Part):
                        await receiver.begin_part(event)
                    else:
                        await receiver.take(bytes(event))
    except MultipartError as error:
        raise MalformedMultipart(str(error.args[0])) from error
    receiver.check_has_files()
    await intake.complete()
    return receiver.form


def check_length(content_length: int | None, limits: UploadLimits) -> None:
    """Check the length that a request announces.

    Raises:
        RequestTooLarge: It is over the limit.
    """
    if content_length is not None and content_length > limits.max_request_bytes:
        raise RequestTooLarge(f"The limit is {limits.max_request_bytes} bytes.")


class _Receiver:
    """Collects the parts of a form."""

    def __init__(self, intake: BlobIntake, limits: UploadLimits) -> None:
        self.form = Form()
        self._intake = intake
        self._limits = limits
        self._received_bytes = 0
        self._files = self._fields = self._usable = 0
        self._fault: str | None = None
        self._filename: str | None = None
        self._field = ""
        self._text = bytearray()
        self._file: IncomingFile | None = None
        self._format: ImageFormat | None = None
        self._refusal: ServiceError | None = None

    def count(self, chunk: bytes) -> None:
        self._received_bytes += len(chunk)
        check_length(self._received_bytes, self._limits)

    def check_has_files(self) -> None:
        if self._usable == 0 and self._fault is not None:
            raise MalformedMultipart(self._fault)
        if not self.form.files:
            raise NoFiles("Send at least one part with a file name.")

    async def begin_part(self, part: Part) -> None:
        self._file = self._format = self._refusal = None
        self._filename = part.filename
        self._field = part.name
        self._text.clear()
        if self._filename is None and part.fault is None:
            self._fields += 1
            if self._fields > self._limits.max_fields:
                raise TooManyParts(f"The limit is {self._limits.max_fields} fields.")
            return
        self._files += 1
        if self._files > self._limits.max_files:
            raise TooManyParts(f"The limit is {self._limits.max_files} files.")
        self._file = IncomingFile()
        if part.fault is None:
            self._usable += 1
        else:
            self._fault = part.fault
            await self._refuse(self._file, MalformedPart(part.fault))

    async def take(self, data: bytes) -> None:
        if self._file is None:
            self._text += data
            if len(self._text) > self._limits.max_field_bytes:
                most = self._limits.max_field_bytes
                raise RequestTooLarge(f"A text field has more than {most} bytes.")
            return
        if self._refusal is not None:
            return  # The rest of a refused file is dropped.
        await self._intake.write(self._file, data)
        if self._file.size_bytes > self._limits.max_file_bytes:
            limit = self._limits.max_file_bytes
            await self._refuse(self._file, FileTooLarge(f"The limit is {limit} bytes."))
        elif self._format is None and len(self._file.head) == HEAD_BYTES:
            await self._sniff(self._file)

    async def end_part(self) -> None:
        if self._file is None:
            self.form.fields[self._field] = bytes(self._text)
            return
        if self._refusal is None and not self._filename and not self._file.size_bytes:
            return  # An empty file input of a browser.
        if self._refusal is None and self._format is None:
            await self._sniff(self._file)
        if self._refusal is None:
            staged = await self._intake.finish(self._file)
            name, image_format = self._clean_name(), str(self._format)
            self.form.taken.append(TakenFile(self.form.files, name, image_format, staged))

    async def _sniff(self, file: IncomingFile) -> None:
        if not file.size_bytes:
            await self._refuse(file, EmptyFile())
            return
        self._format = sniff_format(file.head)
        if self._format is None:
            refusal = UnsupportedFormat(
                CAMERA_RAW
                if is_camera_raw(file.head)
                else "See /v1/capabilities for the supported formats."
            )
            await self._refuse(file, refusal)

    async def _refuse(self, file: IncomingFile, refusal: ServiceError) -> None:
        self._refusal = refusal
        await self._intake.refuse(file)
        error = ItemError(refusal.code, refusal.detail)
        self.form.refused.append(RefusedFile(self.form.files, self._clean_name(), error))

    def _clean_name(self) -> str:
        return clean_filename(self._filename or "", self._limits.max_filename_chars)


def _boundary(content_type: str | None) -> bytes:
    media_type, parameters = read_parameters((content_type or "").encode("latin-1", "replace"))
    if media_type != "multipart/form-data":
        raise WrongContentType("Send the files as multipart/form-data.")
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise MalformedMultipart("The Content-Type has no boundary.")
    return boundary.encode()
