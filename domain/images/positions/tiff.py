"""Take places out of TIFF structures: EXIF blocks and TIFF files."""

import struct
from collections.abc import Callable

from domain.errors.files import CorruptImage
from domain.images.headers.ifd import ORIENTATION, read_orientation
from domain.images.positions import NotUnderstood
from domain.images.positions.directories import Directories, Directory, Entry
from domain.images.positions.iptc import strip_iptc, strip_photoshop
from domain.images.positions.spans import Span, merge, overlap_each_other, overlaps, subtract
from domain.images.positions.xmp import strip_xmp

Strip = Callable[[bytes], bytes]

_DIRECTORY_TYPES = frozenset({13, 18})

_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_EXIF, _GPS, _INTEROP, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_SUB_DIRECTORIES, _GLOBAL = 0x014A, 0x0190
_KODAK, _KODAK_KDC, _PROFILES = 0x8290, 0xFE00, 0xC6F5
_POINTERS = frozenset({_EXIF, _INTEROP, _SUB_DIRECTORIES, _GLOBAL, _KODAK, _KODAK_KDC, _PROFILES})
_PREVIEW_START, _PREVIEW_BYTES = 0x0201, 0x0202
_ALONE = frozenset({_EXIF, _INTEROP})  # Of which no other directory follows.
_PIXELS = ((0x0111, 0x0117), (0x0144, 0x0145), (_PREVIEW_START, _PREVIEW_BYTES))
_PIXEL_TAGS = frozenset(tag for pair in _PIXELS for tag in pair)

_LAST_GPS_TAG = 0x1F
_GEO_TIFF = {0x830E, 0x8480, 0x8481, 0x8482, 0x85D7, 0x85D8, 0x87AF, 0x87B0, 0x87B1, 0xA480}
# Layers of Photoshop, raw data of Hasselblad and Adobe: each may hold blocks of its own.
_NESTED = {0x935C, 0xC51B, 0xC634, 0xC68B}
_GOING = frozenset({_GPS, *_GEO_TIFF, *_NESTED})
_HARMLESS_NOTES = (b"Apple iOS\x00",)


def strip_exif(block: bytes, strip_picture: Strip) -> bytes:
    """Take the place out of an EXIF block.

    Args:
        block: The TIFF structure.
        strip_picture: Does the same for a JPEG, to as many bytes.

    Returns:
        As many bytes; one that cannot be understood keeps its orientation alone.
    """
    try:
        return _Stripper(block, strip_picture).strip()
    except (NotUnderstood, CorruptImage):
        return blank_exif(block)


def strip_tiff(data: bytes, strip_picture: Strip) -> bytes:
    """Take the place out of a TIFF file.

    Args:
        data: The file, classic or BigTIFF.
        strip_picture: Does the same for a JPEG, to as many bytes.

    Returns:
        As many bytes.

    Raises:
        CorruptImage: Its directories cannot be followed.
    """
    try:
        return _Stripper(data, strip_picture).strip()
    except NotUnderstood as error:
        raise CorruptImage("The tags of the file cannot be followed.") from error


def blank_exif(block: bytes) -> bytes:
    """Keep nothing but the orientation of an EXIF block.

    Returns:
        As many bytes: still a TIFF structure, without which some decoders refuse the picture.
    """
    entry = struct.pack("<HHIHH", ORIENTATION, 3, 1, read_orientation(block), 0)
    alone = b"II*\x00" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    return alone.ljust(len(block), b"\x00") if len(alone) <= len(block) else bytes(len(block))


class _Stripper:
    """One TIFF structure: first everything is looked at, then it is changed.

    Args:
        data: The structure.
        strip_picture: Takes the place out of a JPEG.

    Raises:
        CorruptImage: It is no TIFF structure.
    """

    def __init__(self, data: bytes, strip_picture: Strip) -> None:
        self._data = data
        self._tags = Directories(data)
        self._strip_picture = strip_picture
        self._directories: list[Span] = [self._tags.header]
        self._values: list[Span] = []  # Values that stay.
        self._pixels: list[Span] = []
        self._gone: list[Span] = []  # Values that go.
        self._changed: dict[Span, Strip] = {}  # Values that stay without their place.
        self._shortened: list[tuple[Directory, list[Entry]]] = []
        self._loose: list[Directory] = []  # Which name one that is not there.

    def strip(self) -> bytes:
        """Give the structure without the place.

        Raises:
            NotUnderstood: Its first directory is damaged, there are too many entries, or what
                is to be changed lies within something else.
        """
        first = self._tags.read(self._tags.first)
        if first is None:
            raise NotUnderstood
        self._walk(first)
        self._check_apart()
        data = bytearray(self._data)
        for (start, end), strip in self._changed.items():
            data[start:end] = strip(bytes(data[start:end]))
        kept = merge((*self._directories, *self._values, *self._pixels))
        for start, end in subtract(self._gone, kept):
            data[start:end] = bytes(end - start)
        for directory in self._loose:
            self._tags.unlink(data, directory)
        for directory, entries in self._shortened:
            self._tags.write(data, directory, entries)
        return bytes(data)

    def _check_apart(self) -> None:
        """Refuse what could not be changed without changing something else."""
        pixels = merge(self._pixels)
        written = [(of.start, of.end) for of, _ in self._shortened]
        written += [
            span for span, strip in self._changed.items() if strip is not self._strip_picture
        ]
        if overlap_each_other((*self._directories, *self._changed)):
            raise NotUnderstood
        if any(overlaps(pixels, span) for span in written):
            raise NotUnderstood

    def _walk(self, first: Directory) -> None:
        seen = {first.start}
        waiting = [(first, 0)]
        while waiting:
            directory, parent = waiting.pop()
            self._directories.append((directory.start, directory.end))
            staying = [entry for entry in directory.entries if not self._goes(entry, parent)]
            followed: list[Entry] = []
            for entry in staying:
                below = self._below(entry)
                followed += [entry] if below is not None else []
                for lower in below or ():
                    if lower.start not in seen:
                        seen.add(lower.start)
                        waiting.append((lower, entry.tag))
            for entry in followed:
                self._look_at(entry)
            self._keep_pixels(directory, followed)
            if len(followed) < len(directory.entries):
                self._shortened.append((directory, followed))
            if directory.link:
                following = self._tags.read(directory.link)
                if following is None:
                    self._loose.append(directory)
                elif following.start not in seen:
                    seen.add(following.start)
                    waiting.append((following, parent))

    def _goes(self, entry: Entry, parent: int) -> bool:
        stray = entry.tag <= _LAST_GPS_TAG and parent != _INTEROP
        if entry.tag == _MAKER_NOTE:
            start = entry.value[0] if entry.value else 0
            goes = not self._data.startswith(_HARMLESS_NOTES, start)
        else:
            goes = stray or entry.tag in _GOING
        if goes:
            self._forget(entry)
        return goes

    def _forget(self, entry: Entry) -> None:
        if entry.value is not None and not entry.is_inline:
            self._gone.append(entry.value)
        if entry.tag == _GPS:
            for start in self._tags.offsets(entry):
                directory = self._tags.read(start, is_alone=True)
                if directory is not None:
                    self._gone.append((directory.start, directory.end))
                    self._gone += [
                        of.value for of in directory.entries if of.value and not of.is_inline
                    ]

    def _below(self, entry: Entry) -> list[Directory] | None:
        """Read the directories that an entry points to; None where it points nowhere."""
        is_pointer = entry.kind in _DIRECTORY_TYPES and entry.tag not in _PIXEL_TAGS
        if entry.tag not in _POINTERS and not is_pointer:
            return []
        is_alone = entry.tag in _ALONE
        below = [self._tags.read(start, is_alone=is_alone) for start in self._tags.offsets(entry)]
        whole = [directory for directory in below if directory is not None]
        if entry.tag in _POINTERS and (not whole or len(whole) < len(below)):
            return None
        return whole

    def _look_at(self, entry: Entry) -> None:
        if entry.value is None:
            return
        if not entry.is_inline:
            self._values.append(entry.value)
        if entry.tag == _XMP:
            self._change(entry.value, strip_xmp)
        elif entry.tag == _IPTC:
            self._change(entry.value, strip_iptc)
        elif entry.tag == _PHOTOSHOP:
            self._change(entry.value, self._strip_photoshop)

    def _change(self, span: Span, strip: Strip) -> None:
        if span not in self._changed:
            self._tags.spend((span[1] - span[0]) // 1024)
            self._changed[span] = strip

    def _strip_photoshop(self, blocks: bytes) -> bytes:
        try:
            return strip_photoshop(blocks, blank_exif)  # A copy of what is here already.
        except NotUnderstood:
            return bytes(len(blocks))

    def _keep_pixels(self, directory: Directory, entries: list[Entry]) -> None:
        by_tag = {entry.tag: entry for entry in entries}
        for starts_tag, lengths_tag in _PIXELS:
            if starts_tag not in by_tag or lengths_tag not in by_tag:
                continue
            starts = self._tags.offsets(by_tag[starts_tag])
            for start, length in zip(starts, self._tags.offsets(by_tag[lengths_tag]), strict=False):
                span = start, min(start + length, len(self._data))
                if start >= len(self._data):
                    continue
                if starts_tag == _PREVIEW_START and self._data.startswith(b"\xff\xd8", start):
                    self._change(span, self._strip_picture)
                self._pixels.append(span)
