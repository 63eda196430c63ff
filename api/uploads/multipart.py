"""Parses a multipart body as it arrives: files are hashed, detected, counted and written."""

from collections.abc import AsyncIterator

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from domain.errors.base import ServiceError
from domain.errors.files import EmptyFile, FileTooLarge, UnsupportedFormat
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
    fields: dict[str, str] = {}

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
        MalformedMultipart: The body is broken or incomplete.
        TooManyParts: There are more parts than allowed.
        RequestTooLarge: There are more bytes than allowed.
        NoFiles: No part has a file name.
    """
    boundary = _boundary(content_type)
    receiver = _Receiver(intake, limits)
    try:
        with PushMultipartParser(
            boundary,
            max_header_size=limits.max_part_header_bytes,
            max_header_count=limits.max_part_headers,
        ) as parser:
            async for chunk in body:
                receiver.count(chunk)
                for event in parser.parse(chunk):
                    if event is None:
                        await receiver.end_part()
                    elif isinstance(event, MultipartSegment):
                        receiver.begin_part(event)
                    else:
                        await receiver.take(bytes(event))
    except MultipartError as error:
        raise MalformedMultipart(str(error)) from error
    if not receiver.form.files:
        raise NoFiles("Send at least one part with a file name.")
    await intake.complete()
    return receiver.form


def check_length(content_length: int | None, limits: UploadLimits) -> None:
    """Check the length that a request announces.

    Raises:
        RequestTooLarge: It is over the limit.
    """
    if content_length is not None and content_length > limits.max_request_bytes:
        raise RequestTooLarge(f"The limit is {limits.max_request_bytes} bytes.")


def clean_filename(name: str, max_chars: int) -> str:
    """Keep the last part of a path, without control characters; shorten it before its ending."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(character for character in last if character.isprintable()).strip()
    if len(clean) <= max_chars:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) >= max_chars // 2:
        return clean[:max_chars]
    return stem[: max_chars - len(ending) - 1] + dot + ending


class _Receiver:
    """Collects the parts of a form."""

    def __init__(self, intake: BlobIntake, limits: UploadLimits) -> None:
        self.form = Form()
        self._intake = intake
        self._limits = limits
        self._received_bytes = 0
        self._files = self._fields = 0
        self._filename: str | None = None
        self._field = ""
        self._text = bytearray()
        self._file: IncomingFile | None = None
        self._format: ImageFormat | None = None
        self._refusal: ServiceError | None = None

    def count(self, chunk: bytes) -> None:
        self._received_bytes += len(chunk)
        check_length(self._received_bytes, self._limits)

    def begin_part(self, segment: MultipartSegment) -> None:
        self._file = self._format = self._refusal = None
        self._filename = segment.filename
        self._field = segment.name or ""
        self._text.clear()
        if self._filename is None:
            self._fields += 1
            if self._fields > self._limits.max_fields:
                raise TooManyParts(f"The limit is {self._limits.max_fields} fields.")
            return
        self._files += 1
        if self._files > self._limits.max_files:
            raise TooManyParts(f"The limit is {self._limits.max_files} files.")
        self._file = IncomingFile()

    async def take(self, data: bytes) -> None:
        if self._file is None:
            self._text += data
            if len(self._text) > self._limits.max_field_bytes:
                raise RequestTooLarge(f"The field {self._field!r} is too long.")
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
            text = bytes(self._text)
            try:
                self.form.fields[self._field] = text.decode()
            except UnicodeDecodeError as error:
                raise MalformedMultipart(f"{self._field!r} is not UTF-8.") from error
            return
        if not self._filename and not self._file.size_bytes:
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


def _boundary(content_type: str | None) -> str:
    media_type, options = parse_options_header(content_type or "")
    if media_type != "multipart/form-data":
        raise WrongContentType("Send the files as multipart/form-data.")
    boundary = str(options.get("boundary", ""))
    if not boundary:
        raise MalformedMultipart("The Content-Type has no boundary.")
    return boundary
