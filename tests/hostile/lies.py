"""Files whose words do not fit their bytes, or that are two things at once."""

import io
import random
import struct
import zipfile

import numpy as np
from PIL import Image

from tests.fuzz.mutation import mutate
from tests.unit.images.drawing import (
    draw,
    exif_with,
    files,
    jpeg_with_exif,
    png_claiming,
    save,
    tiff_block,
)

FORMATS = ("jpeg", "png", "webp", "gif", "tiff", "bmp", "heic", "avif")
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5


def polyglots() -> dict[str, bytes]:
    """Files that are two things at once, or one inside another."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr("../../etc/evil.txt", "x" * 1_000)
    jpeg, gif, png = files()["jpeg"], files()["gif"], files()["png"]
    page = b"<html><script>alert(1)</script>"
    return {
        "jpeg and zip": jpeg + archive.getvalue(),
        "zip and jpeg": archive.getvalue() + jpeg,
        "gif and javascript": b"GIF89a/*" + gif[8:] + b"*/=1;alert(1)//",
        "gif and page": gif + page,
        "pdf and jpeg": b"%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + jpeg + b"\nendstream\nendobj\n%%EOF",
        "jpeg and pdf": jpeg + b"%PDF-1.7\n%%EOF",
        "png and page": png + page,
        "bmp and page": files()["bmp"] + page,
        "jpeg in jpeg": jpeg[:-2] + jpeg,
        "png after the header of a jpeg": jpeg[:20] + png,
        "jpeg after the header of a png": png[:33] + jpeg,
        "heic that is a film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42heic" + bytes(4_000),
        "avif brand over heic": files()["heic"].replace(b"heic", b"avif"),
        "heic brand over avif": files()["avif"].replace(b"avif", b"heic"),
        "php in a comment": jpeg[:2] + b"\xff\xfe\x00\x16<?php system($x);?>" + jpeg[2:],
    }


def lying_headers() -> dict[str, bytes]:
    """Sizes, lengths and offsets that are zero, negative, huge, or of something else."""
    png, bmp, gif, webp = (files()[name] for name in ("png", "bmp", "gif", "webp"))
    jpeg, heic, tiff = files()["jpeg gray"], files()["heic"], files()["tiff"]
    return {
        "png of no width": png_claiming(0, 9, bytes(99)),
        "png of a negative size": png_claiming(2**31 + 5, 9, bytes(99)),
        "png larger than its rows": png_claiming(3_000, 3_000, bytes(3_000)),
        "png smaller than its rows": png_claiming(3, 3, bytes(5_000_000)),
        "png of 3 bits": png[:24] + b"\x03" + png[25:],
        "png whose first chunk is 2^31 long": png[:8] + b"\x7f\xff\xff\xff" + png[12:],
        "png without end": png[:-12],
        "bmp of no size": _patch(bmp, 18, "<ii", 0, 0),
        "bmp of a negative width": _patch(bmp, 18, "<i", -160),
        "bmp of the most negative height": _patch(bmp, 22, "<i", -(2**31)),
        "bmp of 65,535 bits": _patch(bmp, 28, "<H", 65_535),
        "bmp of 0 bits": _patch(bmp, 28, "<H", 0),
        "bmp whose rows begin behind its end": _patch(bmp, 10, "<I", 2**31),
        "bmp whose rows begin in its header": _patch(bmp, 10, "<I", 2),
        "bmp with 2^31 colours": _patch(bmp, 46, "<I", 2**31),
        "gif of no size": _patch(gif, 6, "<HH", 0, 0),
        "gif with codes of 255 bits": _lzw_code_size(gif, 255),
        "webp longer than its file": _patch(webp, 4, "<I", 2**32 - 10),
        "webp of length 0": _patch(webp, 4, "<I", 0),
        "webp whose chunk is 2^32 - 1 long": _patch(webp, 16, "<I", 2**32 - 1),
        "jpeg segment of length 0": jpeg[:2] + b"\xff\xe0\x00\x00" + jpeg[2:],
        "jpeg segment of length 1": jpeg[:2] + b"\xff\xe0\x00\x01" + jpeg[2:],
        "jpeg of no size": _patch(jpeg, jpeg.index(b"\xff\xc0") + 5, ">HH", 0, 0),
        "jpeg of 255 components": _patch(jpeg, jpeg.index(b"\xff\xc0") + 9, ">B", 255),
        "jpeg with two frames": jpeg[:-2] + jpeg[jpeg.index(b"\xff\xc0") :],
        "jpeg that says it is arithmetic": jpeg.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "jpeg that says it is lossless": jpeg.replace(b"\xff\xc0", b"\xff\xc3", 1),
        "jpeg of 12 bits": _patch(jpeg, jpeg.index(b"\xff\xc0") + 4, ">B", 12),
        "jpeg without tables": jpeg.replace(b"\xff\xc4", b"\xff\xfe"),
        "tiff whose directory is behind its end": _patch(tiff, 4, "<I", 2**32 - 1),
        "tiff whose directory is its header": _patch(tiff, 4, "<I", 0),
        "tiff with 65,535 tags": b"II*\0\x08\0\0\0\xff\xff" + bytes(65_535 * 12),
        "tiff with 2^32 - 1 strips": _tiff_strips(2**32 - 1),
        "tiff whose strip is its whole file": _tiff_strips(1),
        "heic whose box is 2^64 - 1 long": heic[:20] + b"\0\0\0\x01mdat" + b"\xff" * 8 + heic[20:],
        "heic whose box has no size": _patch(heic, 0, ">I", 4),
        "heic of deep boxes": heic[:24] + _nested_boxes(3_000),
        "heic whose places lie behind its end": heic.replace(b"iloc", b"ilox"),
        "avif without pixels": files()["avif"][: files()["avif"].index(b"mdat") + 4],
    }


def strange_tags() -> dict[str, bytes]:
    """EXIF blocks that loop, lie, or hold what no camera writes."""
    at = 8 + 2 + 12 * 2 + 4

    def one(tag: int, kind: int, count: int, value: bytes, rest: bytes = b"") -> bytes:
        return jpeg_with_exif(tiff_block((tag, kind, count, value), rest=rest))

    gps = struct.pack("<H", 4) + b"".join(
        struct.pack("<HHI4s", *entry)
        for entry in (
            (1, _ASCII, 2, b"N\0\0\0"),
            (2, _RATIONAL, 3, struct.pack("<I", at + 54)),
            (3, _ASCII, 2, b"\xff\xff\xff\xff"),
            (4, _RATIONAL, 3, struct.pack("<I", at + 54)),
        )
    )
    loops = b"".join(
        struct.pack("<HHI4s", tag, _LONG, 1, struct.pack("<I", 8))
        for tag in (0x8769, 0x8825, 0xA005, 0x014A)
    )
    block = {
        "orientation 0": one(274, _SHORT, 1, b"\0\0\0\0"),
        "orientation 65,535": one(274, _SHORT, 1, b"\xff\xff\0\0"),
        "a million orientations": one(274, _SHORT, 1_000_000, struct.pack("<I", 8)),
        "orientation of another type": one(274, 12, 1, bytes(4)),
        "model of 60,000 bytes": one(272, _ASCII, 60_000, struct.pack("<I", 26), b"A" * 60_000),
        "model that is no UTF-8": one(
            272, _ASCII, 9, struct.pack("<I", 26), b"\xff\xc0\x80\xed\xa0"
        ),
        "model of 2^32 - 1 bytes": one(272, _ASCII, 2**32 - 1, struct.pack("<I", 26)),
        "model that is markup": one(
            272, _ASCII, 25, struct.pack("<I", 26), b"<script>alert(1)</script>"
        ),
        "model of nothing but controls": one(
            272, _ASCII, 9, struct.pack("<I", 26), b"\x01\x02\x1b[31m\x7f"
        ),
        "time of the year 9999": one(
            0x9003, _ASCII, 20, struct.pack("<I", 26), b"9999:99:99 99:99:99\0"
        ),
        "places with denominators of zero": jpeg_with_exif(
            tiff_block(
                (0x8825, _LONG, 1, struct.pack("<I", at)),
                (274, _SHORT, 1, b"\x01\0\0\0"),
                rest=gps + struct.pack("<I", 0) + struct.pack("<II", 2**32 - 1, 0) * 3,
            )
        ),
        "directories that point to themselves": jpeg_with_exif(
            b"II*\0\x08\0\0\0\x04\0" + loops + struct.pack("<I", 8)
        ),
        "block of zeros": jpeg_with_exif(bytes(60_000)),
        "block that ends at once": jpeg_with_exif(b"II*\0"),
        "block of BigTIFF": jpeg_with_exif(b"II+\0\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f"),
    }
    return {f"exif with {name}": data for name, data in block.items()}


def oddities() -> dict[str, bytes]:
    """Files that are in order, and rare."""
    gray = np.asarray(draw())[..., 0]
    return {
        name: files()[name]
        for name in (*(n for n in files() if "16 bit" in n or "cmyk" in n or "palette" in n),)
    } | {
        "one pixel": save(Image.new("RGB", (1, 1)), "PNG"),
        "two colours": save(Image.fromarray(gray > 99), "PNG"),
        "png palette with a hole": save(draw().convert("P"), "PNG", transparency=bytes(3)),
        "tiff of nothing but NaN": save(
            Image.fromarray(np.full((9, 9), np.nan, np.float32)), "TIFF"
        ),
        "tiff of infinities": save(Image.fromarray(np.full((9, 9), np.inf, np.float32)), "TIFF"),
        "jpeg turned by every tag": save(draw(), "JPEG", exif=exif_with(7)),
    }


def cut_files() -> dict[str, bytes]:
    """Every format, cut off at several places."""
    return {
        f"{name} cut after {share} of 8": files()[name][: len(files()[name]) * share // 8]
        for name in FORMATS
        for share in (1, 4, 7)
    }


def fuzzed_files(copies: int = 6) -> dict[str, bytes]:
    """Copies of files of every format with seeded changes, in the pixels as well."""
    others = [files()[name] for name in FORMATS]
    fuzzed: dict[str, bytes] = {}
    for name in FORMATS:
        for copy in range(copies):
            chance = random.Random(f"{name} {copy}")  # noqa: S311
            fuzzed[f"{name} fuzzed {copy}"] = mutate(files()[name], others, chance)
        flipped = bytearray(files()[name])
        for _ in range(30):
            flipped[random.Random(len(flipped)).randrange(len(flipped) // 3, len(flipped))] ^= 0x55  # noqa: S311
        fuzzed[f"{name} with flipped pixels"] = bytes(flipped)
    return fuzzed


def _patch(data: bytes, at: int, code: str, *values: int) -> bytes:
    packed = struct.pack(code, *values)
    return data[:at] + packed + data[at + len(packed) :]


def _lzw_code_size(gif: bytes, bits: int) -> bytes:
    at = gif.index(b"\x2c\0\0\0\0") + 10
    return gif[:at] + bytes([bits]) + gif[at + 1 :]


def _tiff_strips(count: int) -> bytes:
    return tiff_block(
        (256, _LONG, 1, struct.pack("<I", 100)),
        (257, _LONG, 1, struct.pack("<I", 100)),
        (273, _LONG, count, struct.pack("<I", 0)),
        (279, _LONG, count, struct.pack("<I", 70)),
    )


def _nested_boxes(depth: int) -> bytes:
    nested = b""
    for _ in range(depth):
        nested = struct.pack(">I4s", len(nested) + 8, b"ipco") + nested
    return nested
