"""A file that is the whole body of a request."""

from collections.abc import AsyncIterator, Mapping

from api.uploads.form import Form, check_length
from api.uploads.part_names import read_parameters
from domain.errors.requests import InvalidValue
from domain.limits import UploadLimits
from storage.acceptance.file_intake import FileIntake
from storage.blobs.intake import BlobIntake


async def receive_raw(
    body: AsyncIterator[bytes],
    disposition: str | None,
    fields: Mapping[str, str],
    intake: BlobIntake,
    limits: UploadLimits,
) -> Form:
    """Take a file in. After an error, the caller discards the intake.

    Args:
        disposition: The header Content-Disposition, which can name the file.
        fields: What a form has as its text fields.

    Raises:
        InvalidValue: The Content-Disposition is too long.
        RequestTooLarge: There are more bytes than allowed.
    """
    form = Form(fields={name: value.encode() for name, value in fields.items()})
    file = FileIntake(intake, 0, read_filename(disposition or "", limits), limits)
    received_bytes = 0
    async for chunk in body:
        received_bytes += len(chunk)
        check_length(received_bytes, limits)
        await file.take(chunk)
    form.add(await file.end())
    await intake.complete()
    return form


def read_filename(disposition: str, limits: UploadLimits) -> str:
    """Read the file name of a Content-Disposition of any type; empty if it has none.

    Raises:
        InvalidValue: The header is too long.
    """
    if len(disposition) > limits.max_part_header_bytes:
        most = limits.max_part_header_bytes
        raise InvalidValue(f"The Content-Disposition has more than {most} bytes.")
    _, parameters = read_parameters(disposition.encode("latin-1", "replace"))
    return parameters.get("filename", "")
