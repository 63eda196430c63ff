"""Changes to a file that know how files are built, so that they get past the first check."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence

Chance = random.Random
Span = tuple[int, int]
"""Start and end of a part within a file, in bytes."""

_NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000)
_LARGEST = 0xFFFF_FFFF
_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAX_PARTS = 400
_MAX_BYTES = 400_000


def mutate(data: bytes, others: Sequence[bytes], chance: Chance) -> bytes:
    """Change a file in one to six places.

    Args:
        data: The file.
        others: Files that parts are borrowed from.
        chance: Decides; the same one makes the same file.

    Returns:
        Another file, of 400,000 bytes at most.
    """
    start = data[:12]
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        change = chance.choice(_CHANGES)
        data = change(data or b"\x00", chance.choice(others), chance)[:_MAX_BYTES]
    if chance.random() < 0.9:  # What no longer begins as a picture is refused at once.
        data = start + data[len(start) :]
    return mend_checksums(data) if chance.random() < 0.9 else data


def split(data: bytes) -> list[Span]:
    """Find the parts that a file is built of: segments, chunks, boxes or tag entries."""
    if data.startswith(b"\xff\xd8"):
        return _walk(data, 2, lambda at: 2 + _number(data, at + 2, ">H"))
    if data.startswith(b"\x89PNG"):
        return _walk(data, 8, lambda at: 12 + _number(data, at, ">I"))
    if data.startswith(b"RIFF"):
        return _walk(data, 12, lambda at: 8 + (_number(data, at + 4, "<I") + 1 & ~1))
    if data[4:8] == b"ftyp":
        return _split_boxes(data)
    return []


def mend_checksums(data: bytes) -> bytes:
    """Write the checksums of a PNG's chunks and the length of a WebP anew."""
    if data.startswith(b"RIFF"):
        return data[:4] + struct.pack("<I", max(len(data) - 8, 0)) + data[8:]
    if not data.startswith(b"\x89PNG"):
        return data
    mended = bytearray(data)
    for start, end in split(data):
        if end - start >= 12:
            checksum = zlib.crc32(mended[start + 4 : end - 4])
            mended[end - 4 : end] = struct.pack(">I", checksum)
    return bytes(mended)


def _walk(data: bytes, at: int, length_at: Callable[[int], int]) -> list[Span]:
    spans: list[Span] = []
    while at + 4 <= len(data) and len(spans) < _MAX_PARTS:
        end = at + max(length_at(at), 4)
        if end > len(data):
            break
        spans.append((at, end))
        at = end
    return spans


def _split_boxes(data: bytes) -> list[Span]:
    """Find boxes and the boxes inside them; what follows the version of a full box as well."""
    spans = _walk(data, 0, _box_length(data))
    for start, end in spans[:_MAX_PARTS]:
        kind = data[start + 4 : start + 8]
        if kind in {b"meta", b"iprp", b"ipco", b"iinf", b"iref", b"moov", b"trak"}:
            inner = data[:end][start + {b"meta": 12, b"iinf": 14, b"iref": 12}.get(kind, 8) :]
            base = end - len(inner)
            within = _walk(inner, 0, _box_length(inner))
            spans += [(base + first, base + last) for first, last in within]
    return spans


def _box_length(data: bytes) -> Callable[[int], int]:
    return lambda at: _number(data, at, ">I")


def _number(data: bytes, at: int, code: str) -> int:
    try:
        value: int = struct.unpack_from(code, data, at)[0]
    except struct.error:
        return 0
    return value


def _flip_bytes(data: bytes, _: bytes, chance: Chance) -> bytes:
    changed = bytearray(data)
    for _count in range(chance.choice((1, 2, 8))):
        value = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        changed[_place(data, chance)] = value
    return bytes(changed)


def _write_number(data: bytes, _: bytes, chance: Chance) -> bytes:
    value = chance.choice((*_NUMBERS, _LARGEST, len(data), chance.randrange(len(data) + 1)))
    code = chance.choice((">H", "<H", ">I", "<I"))
    packed = struct.pack(code, value & (0xFFFF if code[1] == "H" else _LARGEST))
    at = _place(data, chance)
    return data[:at] + packed + data[at + len(packed) :]


def _cut_out(data: bytes, _: bytes, chance: Chance) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 4, 16, 100)) :]


def _insert(data: bytes, other: bytes, chance: Chance) -> bytes:
    at, start = _place(data, chance), chance.randrange(len(other))
    return data[:at] + other[start : start + chance.choice((1, 4, 16, 200, 3000))] + data[at:]


def _cut_off(data: bytes, _: bytes, chance: Chance) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def _change_parts(data: bytes, other: bytes, chance: Chance) -> bytes:
    """Drop, repeat, borrow or move a part, or lie about its length."""
    spans = split(data)
    if not spans:
        return _write_number(data, other, chance)
    start, end = chance.choice(spans)
    part = data[start:end]
    kind = chance.randrange(5)
    if kind == 0:
        return data[:start] + data[end:]
    if kind == 1:
        return data[:start] + part * chance.choice((2, 3, 50)) + data[end:]
    if kind == 2 and (borrowed := split(other)):
        first, last = chance.choice(borrowed)
        return data[:start] + other[first:last] + data[start:]
    if kind == 3:
        to, _ = chance.choice(spans)
        return data[:to] + part + data[to:]
    lie = struct.pack(">I", chance.choice((*_NUMBERS, _LARGEST)))
    return data[:start] + lie + data[start + 4 :]


def _change_tag(data: bytes, other: bytes, chance: Chance) -> bytes:
    """Change the tag, the type, the count or the value of an entry of a tag directory."""
    starts = [at for start in _TIFF_STARTS if (at := data.find(start)) >= 0]
    if not starts:
        return _write_number(data, other, chance)
    base = chance.choice(starts)
    order = "<" if data[base : base + 2] == b"II" else ">"
    directory = base + _number(data, base + 4, f"{order}I")
    for _ in range(chance.randrange(3)):  # Follow a pointer into another directory.
        entries = _number(data, directory, f"{order}H")
        pointers = [
            base + _number(data, at + 8, f"{order}I")
            for at in range(directory + 2, directory + 2 + 12 * min(entries, 200), 12)
            if _number(data, at, f"{order}H") in {0x8769, 0x8825, 0xA005, 0x014A}
        ]
        directory = chance.choice(pointers) if pointers else directory
    entries = max(min(_number(data, directory, f"{order}H"), 200), 1)
    entry = directory + 2 + 12 * chance.randrange(entries)
    field, code = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (12, "I"), (-2, "H")))
    value = chance.choice((*_NUMBERS, _LARGEST, directory - base, entry - base, *range(1, 20)))
    if field == 0:
        value = chance.choice((0x010F, 0x0112, 0x8769, 0x8825, 0x9003, 0x927C, 0x8827, value))
    at = min(max(entry + field, 0), len(data))
    packed = struct.pack(f"{order}{code}", value & (0xFFFF if code == "H" else _LARGEST))
    return data[:at] + packed + data[at + len(packed) :]


def _place(data: bytes, chance: Chance) -> int:
    """Choose where to change a file: most of what is read first is at its start."""
    reach = chance.choice((32, 256, 2048, len(data)))
    return chance.randrange(min(reach, len(data)))


_CHANGES = (
    _flip_bytes,
    _write_number,
    _write_number,
    _cut_out,
    _insert,
    _cut_off,
    _change_parts,
    _change_parts,
    _change_tag,
    _change_tag,
    _change_tag,
)
