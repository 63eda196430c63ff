"""Files that a worker fetches: a JSON body names their URLs."""

from collections.abc import AsyncIterator
from typing import Annotated
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


class UrlUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body. Its fields are those of a form; a null is as if it were absent."""

    urls: list[str]
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


async def receive_urls(body: AsyncIterator[bytes], limits: UploadLimits, rules: FetchRules) -> Form:
    """Read the URLs of a body. One that may not be fetched is a refused file.

    Fields of the wrong type are faults of the form, which has the other fields.

    Raises:
        MalformedRequest: The body is no JSON.
        InvalidValue: The JSON is no object.
        NoFiles: There is no URL.
        TooManyParts: There are more URLs than allowed.
        RequestTooLarge: There are more bytes than URLs can have.
    """
    content = await _read(body, limits.max_urls * MAX_URL_CHARS + FIELDS_BYTES)
    upload, faults = _decode(content)
    urls = upload.urls or []  # None, if they do not fit.
    if not urls and not faults:
        raise NoFiles("Send at least one URL.")
    if any("," in tag for tag in upload.tags or ()):
        faults.setdefault("tags", "A tag has no comma.")
    if len(urls) > limits.max_urls:
        raise TooManyParts(f"The limit is {limits.max_urls} URLs.")
    form = Form(fields=upload.fields, faults=faults)
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
            raise RequestTooLarge(f"The limit of a body with URLs is {most} bytes.")
    return bytes(content)


def _decode(content: bytes) -> tuple[UrlUpload, dict[str, str]]:
    """Decode a body without its fields of the wrong type; give what is wrong with those, too."""
    try:
        sent = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest("The body is no JSON.") from error
    found = explain_value(sent, UrlUpload)
    faults = {"/".join(map(str, path)): detail for path, detail in found}
    if not isinstance(sent, dict):
        raise InvalidValue(f"#: {faults['']}", faults=faults)
    upload, _ = keep_usable(sent, UrlUpload)
    return upload, faults


def _name_of(url: str) -> str:
    try:
        return decode_text(unquote_to_bytes(urlsplit(url).path.rpartition("/")[2]))
    except ValueError:
        return ""
