"""Splits a multipart body into parts, and holds the faults of a part against that part only."""

from collections.abc import Generator, Iterable

from multipart import MultipartSegment, ParserLimitReached, PushMultipartParser

from api.uploads.part_names import read_parameters

# A longer line is a fault of the request: it is not read to its end.
MAX_LINE_BYTES = 64 * 1024


class Part(MultipartSegment):  # type: ignore[misc]  # The library has no types.
    """The headers of a part."""

    name: str
    filename: str | None
    """Name of the file, which may be empty; None for a text field."""
    fault: str | None
    """Why the part cannot be used; None if it can."""

    def __init__(self, disposition: bytes | None, fault: str | None) -> None:
        super().__init__([])
        kind, parameters = read_parameters(disposition or b"")
        self.name = parameters.get("name", "")
        self.filename = parameters.get("filename")
        self.fault = fault
        if fault is None and disposition is None:
            self.fault = "The part has no Content-Disposition."
        elif fault is None and kind != "form-data":
            self.fault = "The Content-Disposition of the part is not form-data."


class PartParser(PushMultipartParser):  # type: ignore[misc]
    """The parser of the library, which reads no header but Content-Disposition.

    RFC 7578, section 4.8, lets a receiver ignore all others, Content-Length too.
    """

    def __init__(self, boundary: bytes, max_header_bytes: int, max_headers: int) -> None:
        super().__init__(boundary, max_header_size=MAX_LINE_BYTES, header_charset="latin-1")
        self._max_header_bytes = max_header_bytes
        self._max_headers = max_headers
        self._begin_headers()

    def parse(self, chunk: bytes) -> "Generator[Part | bytes | None, None, None]":
        """Give the headers of parts, pieces of their bodies, and None at the end of each.

        Raises:
            MultipartError: The body is not made of parts.
        """
        yield from super().parse(chunk)

    def _begin_headers(self) -> None:
        self._lines: list[bytes] = []
        self._fault: str | None = None

    def _on_segment_start(self) -> None:
        super()._on_segment_start()
        self._begin_headers()

    def _on_segment_headerline(self, line: bytes) -> None:
        if len(line) > MAX_LINE_BYTES:
            raise ParserLimitReached("Maximum segment header length exceeded")
        if len(line) > self._max_header_bytes:
            self._fault = "A header of the part is too long."
        elif line[0] in b" \t" and self._lines:
            line = self._lines.pop() + b" " + line.strip()
            if len(line) > self._max_header_bytes:
                self._fault = "A header of the part is too long."
            else:
                self._lines.append(line)
        elif b":" not in line:
            self._fault = "A header of the part has no colon."
        elif len(self._lines) >= self._max_headers:
            self._fault = "The part has too many headers."
        else:
            self._lines.append(line)

    def _create_segment(self, _: object) -> Part:
        return Part(_find_disposition(self._lines), self._fault)


def _find_disposition(lines: Iterable[bytes]) -> bytes | None:
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return value.strip()
    return None
