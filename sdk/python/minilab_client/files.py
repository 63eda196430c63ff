"""The files of an upload: paths, bytes and open files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeAlias

from .types import File

FileSource: TypeAlias = "str | PathLike[str] | File | tuple[str, bytes | BinaryIO]"
"""A path, a `File`, or a name with bytes or with a file that is open for reading in binary mode."""


@contextmanager
def opened(sources: Iterable[FileSource]) -> Iterator[list[File]]:
    """Open files for one request. Open files that were given are not closed.

    Each is read from its beginning, again for each attempt. A file that cannot be rewound, such as
    a pipe, is read into memory.
    """
    with ExitStack() as stack:
        yield [_open(source, stack) for source in sources]


def _open(source: FileSource, stack: ExitStack) -> File:
    if isinstance(source, File):
        return File(_rewindable(source.payload), source.file_name, source.mime_type)
    if isinstance(source, tuple):
        name, content = source
        return File(BytesIO(content) if isinstance(content, bytes) else _rewindable(content), name)
    path = Path(source)
    return File(stack.enter_context(path.open("rb")), path.name)


def _rewindable(file: BinaryIO) -> BinaryIO:
    return file if file.seekable() else BytesIO(file.read())
