"""JSON bodies: they name files by their URLs, or resumable uploads by their IDs."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from api.http.bodies import keep_usable
from api.http.expectations import explain_value
from api.uploads.form import Form
from api.uploads.part_names import decode_text
from domain.addresses import MAX_URL_CHARS, FetchRules, check_fetch_url
from domain.errors.files import FetchRefused
from domain.errors.requests import (
    InvalidValue,
    MalformedRequest,
    NoFiles,
    RequestTooLarge,
    TooManyParts,
)
from domain.filenames import clean_filename
from domain.limits import UploadLimits
from domain.records import ItemError
from storage.acceptance.uploads import RefusedFile
from storage.ledger.fetches import FetchedFile

FIELDS_BYTES = 64 * 1024
MAX_ID_CHARS = 64
NAMING = {"urls", "uploads"}
Body = TypeVar("Body", bound=msgspec.Struct)


class JsonFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a body, which are those of a form; a null is as if it were absent."""

    operations: list[str] | None = None
    user_id: str | None = None
    tenant: str | None = None
    gps: str | None = None
    external_id: str | None = None
    tags: list[str] | None = None
    attributes: dict[str, str] | None = None
    callback_url: Annotated[str, msgspec.Meta(max_length=MAX_URL_CHARS)] | None = None

    @property
    def fields(self) -> dict[str, bytes]:
        """The fields as a form has them."""
        named = {
            "operations": ",".join(self.operations or ()),
            "external_id": self.external_id,
            "tags": ",".join(self.tags or ()),
            "attributes": msgspec.json.encode(self.attributes or {}).decode(),
            "user_id": self.user_id,
            "tenant": self.tenant,
            "gps": self.gps,
            "callback_url": self.callback_url,
        }
        return {name: text.encode() for name, text in named.items() if text and text != "{}"}


class UrlUpload(JsonFields, frozen=True, kw_only=True):
    """A body that names URLs, which a worker fetches."""

    urls: list[str]


class ReferencingUpload(JsonFields, frozen=True, kw_only=True):
    """A body that names resumable uploads."""

    uploads: list[Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)]]


async def receive_json(
    body: AsyncIterator[bytes],
    limits: UploadLimits,
    rules: FetchRules,
    *,
    takes_urls: bool,
    takes_uploads: bool,
) -> Form:
    """Read a body. A URL that may not be fetched is a refused file.

    Fields of the wrong type are faults of the form, which has the other fields.

    Args:
        takes_urls: Whether it may name URLs, or
        takes_uploads: resumable uploads; at least one of the two.

    Raises:
        MalformedRequest: The body is no JSON.
        InvalidValue: The JSON is no object.
        NoFiles: No file is named.
        TooManyParts: There are more files than allowed.
        RequestTooLarge: There are more bytes than the names of files can have.
    """
    most = max(limits.max_urls * MAX_URL_CHARS, limits.max_files * (MAX_ID_CHARS + 8))
    sent = _parse(await _read(body, most + FIELDS_BYTES))
    if takes_urls and takes_uploads and isinstance(sent, dict) and not sent.keys() & NAMING:
        raise InvalidValue("Send urls, or uploads.", "urls")
    names_uploads = takes_uploads and isinstance(sent, dict) and "uploads" in sent
    if takes_urls and not names_uploads:
        return _form_of_urls(*_convert(sent, UrlUpload), limits, rules)
    return _form_of_uploads(*_convert(sent, ReferencingUpload), limits)


def _form_of_uploads(
    upload: ReferencingUpload, faults: dict[str, str], limits: UploadLimits
) -> Form:
    ids = upload.uploads or []  # None, if they do not fit.
    if not ids and not faults:
        raise NoFiles("Send the ID of at least one upload.")
    if len(ids) > limits.max_files:
        raise TooManyParts(f"The limit is {limits.max_files} files.")
    if len(set(ids)) < len(ids):
        faults.setdefault("uploads", "An upload is there twice.")
    return _form_of(upload, faults, ids)


def _form_of(upload: JsonFields, faults: dict[str, str], references: list[str]) -> Form:
    if any("," in tag for tag in upload.tags or ()):
        faults.setdefault("tags", "A tag has no comma.")
    return Form(fields=upload.fields, faults=faults, references=references)


def _form_of_urls(
    upload: UrlUpload, faults: dict[str, str], limits: UploadLimits, rules: FetchRules
) -> Form:
    urls = upload.urls or []  # None, if they do not fit.
    if not urls and not faults:
        raise NoFiles("Send at least one URL.")
    if len(urls) > limits.max_urls:
        raise TooManyParts(f"The limit is {limits.max_urls} URLs.")
    form = _form_of(upload, faults, [])
    for index, url in enumerate(urls):
        name = clean_filename(_name_of(url), limits.max_filename_chars)
        try:
            check_fetch_url(url, rules)
        except InvalidValue as refusal:
            error = ItemError(FetchRefused.code, refusal.detail)
            form.refused.append(RefusedFile(index, name, error))
        else:
            form.fetches.append(FetchedFile(index, name, url))
    return form


async def _read(body: AsyncIterator[bytes], most: int) -> bytes:
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > most:
            raise RequestTooLarge(f"The limit of a JSON body is {most} bytes.")
    return bytes(content)


def _parse(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest("The body is no JSON.") from error


def _convert(sent: Any, kind: type[Body]) -> tuple[Body, dict[str, str]]:
    """Read a body without its fields of the wrong type; give what is wrong with those, too."""
    found = explain_value(sent, kind)
    faults = {"/".join(map(str, path)): detail for path, detail in found}
    if not isinstance(sent, dict):
        raise InvalidValue(f"#: {faults['']}", faults=faults)
    return keep_usable(sent, kind)[0], faults


def _name_of(url: str) -> str:
    try:
        return decode_text(unquote_to_bytes(urlsplit(url).path.rpartition("/")[2]))
    except ValueError:
        return ""
