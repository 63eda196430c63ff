"""Parses a multipart body as it arrives: its files are taken in one after another."""

from collections.abc import AsyncIterator

from multipart import MultipartError

from api.uploads.form import Form, check_length, refuse_repeated
from api.uploads.part_parser import Part, PartParser
from domain.errors.files import MalformedPart
from domain.errors.requests import MalformedMultipart, NoFiles, RequestTooLarge, TooManyParts
from domain.limits import UploadLimits
from storage.acceptance.file_intake import FileIntake
from storage.blobs.intake import BlobIntake


async def receive_form(
    body: AsyncIterator[bytes], boundary: str, intake: BlobIntake, limits: UploadLimits
) -> Form:
    """Parse a form. After an error, the caller discards the intake.

    Raises:
        MalformedMultipart: The body is broken or incomplete, or no part of it can be used.
        TooManyParts: There are more parts than allowed.
        RequestTooLarge: There are more bytes than allowed.
        NoFiles: No part has a file name.
        MalformedRequest: A field is there more than once.
    """
    if not boundary:
        raise MalformedMultipart("The Content-Type has no boundary.")
    receiver = _Receiver(intake, limits)
    most_bytes, most_headers = limits.max_part_header_bytes, limits.max_part_headers
    try:
        with PartParser(boundary.encode(), most_bytes, most_headers) as parser:
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
    refuse_repeated(receiver.form.repeated)
    await intake.complete()
    return receiver.form


class _Receiver:
    """Collects the parts of a form."""

    def __init__(self, intake: BlobIntake, limits: UploadLimits) -> None:
        self.form = Form()
        self._intake = intake
        self._limits = limits
        self._received_bytes = 0
        self._files = self._fields = self._usable = 0
        self._fault: str | None = None
        self._field = ""
        self._text = bytearray()
        self._has_name = False
        self._file: FileIntake | None = None

    def count(self, chunk: bytes) -> None:
        self._received_bytes += len(chunk)
        check_length(self._received_bytes, self._limits)

    def check_has_files(self) -> None:
        if self._usable == 0 and self._fault is not None:
            raise MalformedMultipart(self._fault)
        if not self.form.files:
            raise NoFiles(
                "Send at least one part with a file name; with curl, as in -F file=@photo.jpg."
            )

    async def begin_part(self, part: Part) -> None:
        self._file = None
        self._field = part.name
        self._text.clear()
        if part.filename is None and part.fault is None:
            self._fields += 1
            if self._fields > self._limits.max_fields:
                raise TooManyParts(f"The limit is {self._limits.max_fields} fields.")
            return
        self._files += 1
        if self._files > self._limits.max_files:
            raise TooManyParts(f"The limit is {self._limits.max_files} files.")
        self._has_name = bool(part.filename)
        index, name = self.form.files, part.filename or ""
        self._file = FileIntake(self._intake, index, name, self._limits)
        if part.fault is None:
            self._usable += 1
        else:
            self._fault = part.fault
            await self._file.refuse(MalformedPart(part.fault))

    async def take(self, data: bytes) -> None:
        if self._file is not None:
            await self._file.take(data)
            return
        self._text += data
        if len(self._text) > self._limits.max_field_bytes:
            most = self._limits.max_field_bytes
            raise RequestTooLarge(f"A text field has more than {most} bytes.")

    async def end_part(self) -> None:
        file = self._file
        if file is None:
            self.form.add_field(self._field, bytes(self._text))
        elif file.refused or self._has_name or file.size_bytes:
            self.form.add(await file.end())
        # Else it is an empty file input of a browser.
