"""Upload requests: the body that is not read yet, and the options of headers and form."""

import hashlib
from collections.abc import AsyncIterator

import msgspec

from api.uploads.multipart import Form
from domain.errors.requests import InvalidValue
from domain.images.operations import parse_operations
from domain.keys import Caller, uploading_user
from domain.links import UploadLink
from domain.records import GpsPolicy
from storage.acceptance.uploads import Upload
from storage.blobs.intake import BlobIntake


class IncomingForm(msgspec.Struct, frozen=True):
    """The body of an upload, which is not read yet.

    Attributes:
        content_type: The Content-Type header.
        length: Bytes of the body; None where the request does not say.
        body: The bytes.
    """

    content_type: str | None
    length: int | None
    body: AsyncIterator[bytes]


class UploadOptions(msgspec.Struct, frozen=True):
    """What the headers and the route ask for.

    Attributes:
        route: Path of the upload route; one for both routes of a link.
        idempotency_key: The Idempotency-Key header.
        wait_seconds: How long the client waits for the end of the job; None: not asked for.
        operations: Comma list that replaces the one of the form; None: as the form says.
        link: The link that the upload comes in through; None where it is a key.
    """

    route: str
    idempotency_key: str | None = None
    wait_seconds: int | None = None
    operations: str | None = None
    link: UploadLink | None = None


def upload_of(
    form: Form,
    intake: BlobIntake,
    caller: Caller,
    options: UploadOptions,
    default_gps: GpsPolicy,
) -> Upload:
    """Make the upload that a form describes.

    Args:
        form: The parsed form.
        intake: Holds the bytes that are not written yet.
        caller: The owner of the key, or the holder of the link.
        options: What the headers and the route ask for.
        default_gps: Treatment of positions if neither the form nor the link sets one.

    Raises:
        UserRequired: A service key names no user.
        Forbidden: The caller may not upload for the user that the form names.
        InvalidValue: A field has a value that cannot be used.
        UnknownOperation: There is no such operation.
    """
    return Upload(
        user_id=uploading_user(caller, form.fields.get("user_id") or None),
        key_id=caller.key_id,
        operations=parse_operations(options.operations or form.fields.get("operations")),
        taken=form.taken,
        refused=form.refused,
        intake=intake,
        gps=_choose_gps(form.fields.get("gps"), (options.link and options.link.gps) or default_gps),
        link_id=caller.link_id,
    )


def fingerprint(form: Form) -> str:
    """Hash the content of a form: its fields, its file names and their bytes."""
    files = [[file.index, file.filename, file.staged.sha256] for file in form.taken]
    files += [[file.index, file.filename, file.error.code] for file in form.refused]
    content = [sorted(form.fields.items()), sorted(files)]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _choose_gps(wanted: str | None, default: GpsPolicy) -> GpsPolicy:
    try:
        return GpsPolicy(wanted) if wanted else default
    except ValueError as error:
        raise InvalidValue("gps must be 'keep' or 'strip'.") from error
