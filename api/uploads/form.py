"""The content of an upload, whatever the type of its body."""

from collections.abc import Iterable

import msgspec

from api.uploads.part_names import decode_text
from domain.errors.faults import list_faults
from domain.errors.requests import (
    REPEATED,
    MalformedMultipart,
    MalformedRequest,
    RequestTooLarge,
)
from domain.limits import UploadLimits
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.ledger.fetches import FetchedFile

TAGS = "tags"
SINGLE = {"operations", "user_id", "tenant", "gps", "callback_url", "external_id", "attributes"}


class Form(msgspec.Struct):
    """The files of an upload, and its text fields.

    A field of ``tags`` may be repeated: all count, as one comma list. Unknown fields may be, too.

    Attributes:
        references: IDs of resumable uploads, in place of files.
        repeated: Names of other fields that were given more than once.
        faults: Fields whose values have the wrong type, and what is wrong with them.
    """

    taken: list[TakenFile] = []
    refused: list[RefusedFile] = []
    fetches: list[FetchedFile] = []
    references: list[str] = []
    fields: dict[str, bytes] = {}
    repeated: set[str] = set()
    faults: dict[str, str] = {}

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
            faults = {name: "is not UTF-8"}
            raise MalformedMultipart(list_faults(faults), faults) from None

    def add_field(self, name: str, value: bytes) -> None:
        """Add a text field."""
        if name == TAGS and name in self.fields:
            value = self.fields[name] + b"," + value
        elif name in SINGLE and name in self.fields:
            self.repeated.add(name)
        self.fields[name] = value

    def add(self, file: TakenFile | RefusedFile) -> None:
        """Add a file."""
        if isinstance(file, TakenFile):
            self.taken.append(file)
        else:
            self.refused.append(file)

    @property
    def files(self) -> int:
        """The number of files: taken, refused, fetched later, and uploaded before."""
        return len(self.taken) + len(self.refused) + len(self.fetches) + len(self.references)


def refuse_repeated(names: Iterable[str]) -> None:
    """Refuse fields that were given more than once.

    Raises:
        MalformedRequest: There are some.
    """
    faults = dict.fromkeys(sorted(set(names)), REPEATED)
    if faults:
        raise MalformedRequest(list_faults(faults), faults)


def check_length(content_length: int | None, limits: UploadLimits) -> None:
    """Check the length that a request announces.

    Raises:
        RequestTooLarge: It is over the limit.
    """
    if content_length is not None and content_length > limits.max_request_bytes:
        raise RequestTooLarge(f"The limit is {limits.max_request_bytes} bytes.")
