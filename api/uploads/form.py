"""The content of an upload, whatever the type of its body."""

import msgspec

from api.uploads.part_names import decode_text
from domain.errors.requests import MalformedMultipart, RequestTooLarge
from domain.limits import UploadLimits
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.ledger.fetches import FetchedFile

TAGS = "tags"


class Form(msgspec.Struct):
    """The files of an upload, and its text fields; of several with one name, the last.

    Of ``tags`` all count, as one comma list.
    """

    taken: list[TakenFile] = []
    refused: list[RefusedFile] = []
    fetches: list[FetchedFile] = []
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

    def add_field(self, name: str, value: bytes) -> None:
        """Add a text field."""
        if name == TAGS and name in self.fields:
            value = self.fields[name] + b"," + value
        self.fields[name] = value

    @property
    def has_ended(self) -> bool:
        """Whether no file is left to work on."""
        return not self.taken and not self.fetches

    def add(self, file: TakenFile | RefusedFile) -> None:
        """Add a file."""
        if isinstance(file, TakenFile):
            self.taken.append(file)
        else:
            self.refused.append(file)

    @property
    def files(self) -> int:
        """The number of files: taken, refused, and fetched later."""
        return len(self.taken) + len(self.refused) + len(self.fetches)


def check_length(content_length: int | None, limits: UploadLimits) -> None:
    """Check the length that a request announces.

    Raises:
        RequestTooLarge: It is over the limit.
    """
    if content_length is not None and content_length > limits.max_request_bytes:
        raise RequestTooLarge(f"The limit is {limits.max_request_bytes} bytes.")
