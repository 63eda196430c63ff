"""Writes a ZIP file piece by piece, with nothing but its last piece in memory."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, cast

PIECE_BYTES = 64 * 1024
_READABLE = 0o100644 << 16


class _Sink:
    """Takes what :class:`zipfile.ZipFile` writes. It cannot seek, so nothing is written twice."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the pieces are taken."""


class ZipWriter:
    """Writes files one after the other; :meth:`take` gives the bytes that were written.

    Files are not compressed: they are in stored blocks of the deflate format, whose end a reader
    of a stream can find, unlike that of a file without it. Sizes and counts beyond 32 and 16 bits
    are written in the ZIP64 format.
    Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.9 and 4.4.4.
    """

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w")

    @contextmanager
    def file(self, name: str, written_at: datetime, size_bytes: int) -> Iterator[IO[bytes]]:
        """Begin a file; what is written to it within the context is its content."""
        info = zipfile.ZipInfo(name, written_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info._compresslevel = 0  # type: ignore[attr-defined]  # noqa: SLF001 -- ZipInfo has no other
        info.external_attr = _READABLE
        info.file_size = size_bytes  # Decides whether its sizes need the ZIP64 format.
        with self._zip.open(info, "w") as entry:
            yield entry

    def take(self, at_least: int = PIECE_BYTES) -> bytes:
        """Return what was written since the last call; nothing if it is less than ``at_least``."""
        if self._sink.size_bytes < at_least:
            return b""
        taken, self._sink.pieces, self._sink.size_bytes = b"".join(self._sink.pieces), [], 0
        return taken

    def close(self) -> bytes:
        """Write the directory, without which no reader takes the file for whole; return it."""
        self._zip.close()
        return self.take(0)
