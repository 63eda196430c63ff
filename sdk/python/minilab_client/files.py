"""The files of an upload: paths, bytes and open files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from .types import File

FileSource: TypeAlias = "str | PathLike[str] | File | BinaryIO | tuple[str, bytes | BinaryIO]"
"""A path, a `File`, or a file that is open for reading in binary mode; or a name with bytes or with
such a file, which needs no name of its own then."""
_WANTED = "a file is a path, an open file, or a name with its content: ('photo.jpg', content)"


@contextmanager
def opened(sources: Sequence[FileSource]) -> Iterator[list[File]]:
    """Open files for one request. Open files that were given are not closed.

    Each is read from its beginning, again for each attempt. A file that cannot be rewound, such as
    a pipe, is read into memory.

    Raises:
        ValueError: There is no file.
        TypeError: Something is no file, or has no name.
        OSError: A file cannot be opened.
    """
    if not sources:
        raise ValueError("name at least one file to upload")
    with ExitStack() as stack:
        yield [_open(source, stack) for source in sources]


def _open(source: FileSource, stack: ExitStack) -> File:
    if isinstance(source, File):
        return File(_rewindable(source.payload), source.file_name, source.mime_type)
    if isinstance(source, (str, PathLike)):
        path = Path(source)
        return File(stack.enter_context(path.open("rb")), path.name)
    if isinstance(source, tuple) and len(source) == 2:
        name, content = source
        return File(_open_content(content), name)
    return File(_open_content(source), _name_of(source))


def _open_content(content: object) -> BinaryIO:
    if isinstance(content, (bytes, bytearray, memoryview)):
        return BytesIO(content)
    if not hasattr(content, "read"):
        raise TypeError(f"{_WANTED}; not {type(content).__name__}")
    return _rewindable(cast("BinaryIO", content))


def _name_of(file: object) -> str:
    name = getattr(file, "name", None)  # A number, if the file was opened by one.
    if not isinstance(name, str) or not name:
        raise TypeError(f"{type(file).__name__} has no name: give ('photo.jpg', content)")
    return Path(name).name


def _rewindable(file: BinaryIO) -> BinaryIO:
    return file if file.seekable() else BytesIO(file.read())


def joined(names: Iterable[str]) -> str:
    """Write names as the comma list of a form; a text is such a list, or one name, already."""
    return names if isinstance(names, str) else ",".join(names)
