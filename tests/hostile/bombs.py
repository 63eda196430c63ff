"""Small files that ask for much: pixels, frames, text, structure."""

import struct
import zlib

from PIL import Image

from tests.unit.images.drawing import chunk, draw, exif_with, files, png_claiming, save, tiff_block

MEGABYTE = 1024 * 1024
FITS_PX = 4_800
"""A square of this side is just within the pixels that the test allows."""
TOO_LARGE_PX = 20_000


def _flat(side_px: int) -> Image.Image:
    return Image.new("L", (side_px, side_px), 120)


def pixel_bombs() -> dict[str, bytes]:
    """Pictures of one shade: some within the limit, some far beyond it, all of a few KB."""
    return {
        "png that fits": save(_flat(FITS_PX), "PNG"),
        "png of 400 megapixels": png_claiming(TOO_LARGE_PX, TOO_LARGE_PX, bytes(30 * MEGABYTE)),
        "png of 2,500 megapixels": png_claiming(50_000, 50_000, bytes(1_000)),
        "png in colour, interlaced by its word": _interlaced(8_000),
        "gif that fits": save(_flat(FITS_PX), "GIF"),
        "gif of 65,535 by 65,535": _gif_screen(65_535, 65_535),
        "gif whose frame is larger than its screen": _gif_frame(16, 16, 65_535, 65_535),
        "tiff that fits": save(_flat(FITS_PX), "TIFF", compression="tiff_deflate"),
        "tiff lzw of 200 megapixels": _tiff_claiming(14_000, 14_000, 5),
        "tiff deflate of 4,294 megapixels": _tiff_claiming(65_535, 65_535, 8),
        "tiff fax of 65,000 by 65,000": _tiff_claiming(65_000, 65_000, 4),
        "webp that fits": save(_flat(FITS_PX).convert("RGB"), "WEBP", lossless=True, method=0),
        "webp canvas of 16,384 by 16,384": _webp_canvas(16_383, 16_383),
        "webp of 16,383 by 16,383": _webp_lossless(16_383, 16_383),
        "bmp rle of 60,000 by 60,000": _bmp_rle(60_000, 60_000),
        "bmp rle that fits": _bmp_rle(FITS_PX, FITS_PX),
        "heic that fits": save(Image.new("RGB", (2_000, 2_000)), "HEIF", quality=10),
        "heic that claims 60,000 by 60,000": _claim_size(files()["heic"], 60_000),
        "heic that claims 2^31": _claim_size(files()["heic"], 2**31),
        "avif that fits": save(Image.new("RGB", (2_000, 2_000)), "AVIF", quality=10, speed=10),
        "avif that claims 60,000 by 60,000": _claim_size(files()["avif"], 60_000),
        "avif that claims 65,535": _claim_size(files()["avif"], 65_535),
        "jpeg of 65,535 by 65,535": _jpeg_claiming(files()["jpeg"], 65_535, 65_535),
        "jpeg that fits by its word": _jpeg_claiming(files()["jpeg"], FITS_PX, FITS_PX),
        "progressive jpeg that fits by its word": _jpeg_claiming(
            files()["jpeg progressive"], FITS_PX, FITS_PX
        ),
        "line of 32,768 pixels": save(Image.new("L", (32_768, 1)), "PNG"),
        "column of 32,768 pixels": save(Image.new("L", (1, 32_768)), "PNG"),
        "line of 100,000 pixels": save(Image.new("L", (100_000, 1)), "PNG"),
    }


def frame_bombs() -> dict[str, bytes]:
    """Frames, pages, scans and blocks without end."""
    picture = draw(16, 16)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 16, 16, 0) + b"\x02\x02\x4c\x01\x00"
    screen = b"GIF89a" + struct.pack("<HHBBB", 16, 16, 0x80, 0, 0) + bytes(6)
    many = {"save_all": True, "append_images": [picture.rotate(n) for n in range(200)]}
    progressive = files()["jpeg progressive"]
    start = progressive.index(b"\xff\xda")
    restarts = files()["jpeg gray"]
    scan = restarts.index(b"\xff\xda") + 10
    return {
        "gif of 50,000 frames": screen + frame * 50_000 + b"\x3b",
        "gif of 3,000 frames": screen + frame * 3_000 + b"\x3b",
        "gif of a million extensions": screen + b"\x21\xfe\x00" * 500_001 + frame + b"\x3b",
        "gif frame without end": screen + frame[:11] + b"\x01" * 100_001,
        "png that says it has 2^32 - 1 frames": _with_chunk(
            files()["png"], b"acTL", struct.pack(">II", 2**32 - 1, 0)
        ),
        "webp of 200 frames": save(picture, "WEBP", **many),
        "tiff of 200 pages": save(picture, "TIFF", **many),
        "tiff whose pages form a loop": _looping_tiff(),
        "tiff of 40,000 pages": _paged_tiff(40_000),
        "jpeg of 20,000 scans": progressive[:start] + progressive[start:-2] * 2_000 + b"\xff\xd9",
        "jpeg of 90 scans": progressive[:start] + progressive[start:-2] * 9 + b"\xff\xd9",
        "jpeg of a million restarts": restarts[:scan] + b"\xff\xd0" * 500_000 + restarts[scan:],
        "jpeg of a million segments": b"\xff\xd8" + b"\xff\xfe\x00\x02" * 1_000_000,
        "png of a million chunks": _with_chunk(files()["png"], b"tESt", b"", times=300_000),
        "webp of 50,000 chunks": _riff(files()["webp"][12:] + b"JUNK\0\0\0\0" * 50_000),
        "heic of 50,000 boxes": files()["heic"] + b"\0\0\0\x08free" * 50_000,
    }


def text_bombs() -> dict[str, bytes]:
    """Texts, profiles and tags that unpack to much, or are much."""
    zeros = zlib.compress(bytes(100 * MEGABYTE), 9)
    png, jpeg = files()["png"], files()["jpeg gray"]
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    return {
        "png with zTXt of 100 MB": _with_chunk(png, b"zTXt", b"Comment\0\0" + zeros),
        "png with iTXt of 100 MB": _with_chunk(png, b"iTXt", b"C\0\1\0\0\0" + zeros),
        "png with iCCP of 100 MB": _with_chunk(png, b"iCCP", b"icc\0\0" + zeros),
        "png with 200 zTXt": _with_chunk(png, b"zTXt", b"C\0\0" + zeros, times=50),
        "png with eXIf of 2 MB": _with_chunk(png, b"eXIf", bytes(2 * MEGABYTE)),
        "png with tEXt of 5 MB": _with_chunk(png, b"tEXt", b"C\0" + b"a" * (5 * MEGABYTE)),
        "jpeg with comments of 5 MB": jpeg[:2] + comment * 80 + jpeg[2:],
        "jpeg with a thousand EXIF blocks": jpeg[:2] + _app1(exif_with()) * 1_000 + jpeg[2:],
        "webp with EXIF of 3 MB": _riff(files()["webp"][12:] + _chunk_of(b"EXIF", 3 * MEGABYTE)),
        "tiff with ICC of 8 MB": save(draw(16, 16), "TIFF", icc_profile=bytes(8 * MEGABYTE)),
    }


def _gif_screen(width: int, height: int) -> bytes:
    return _gif_frame(width, height, width, height)


def _gif_frame(width: int, height: int, frame_width: int, frame_height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, frame_width, frame_height, 0)
    return screen + frame + b"\x02\x02\x4c\x01\x00\x3b"


def _tiff_claiming(width: int, height: int, compression: int) -> bytes:
    body = zlib.compress(bytes(MEGABYTE), 9)
    start = 8 + 2 + 12 * 8 + 4
    return tiff_block(
        (256, 4, 1, struct.pack("<I", width)),
        (257, 4, 1, struct.pack("<I", height)),
        (258, 3, 1, struct.pack("<HH", 1 if compression == 4 else 8, 0)),
        (259, 3, 1, struct.pack("<HH", compression, 0)),
        (262, 3, 1, struct.pack("<HH", 1, 0)),
        (273, 4, 1, struct.pack("<I", start)),
        (278, 4, 1, struct.pack("<I", height)),
        (279, 4, 1, struct.pack("<I", len(body))),
        rest=body,
    )


def _looping_tiff() -> bytes:
    plain = save(draw(16, 16), "TIFF")
    (first,) = struct.unpack_from("<I", plain, 4)
    (entries,) = struct.unpack_from("<H", plain, first)
    link = first + 2 + 12 * entries
    return plain[:link] + struct.pack("<I", first) + plain[link + 4 :]


def _paged_tiff(pages: int) -> bytes:
    """Hang empty directories onto a picture, each of six bytes."""
    plain = save(draw(16, 16), "TIFF")
    (first,) = struct.unpack_from("<I", plain, 4)
    (entries,) = struct.unpack_from("<H", plain, first)
    link, end = first + 2 + 12 * entries, len(plain)
    more = b"".join(struct.pack("<HI", 0, end + 6 * (n + 1)) for n in range(pages - 1))
    return plain[:link] + struct.pack("<I", end) + plain[link + 4 :] + more + bytes(6)


def _webp_canvas(width: int, height: int) -> bytes:
    size = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return _riff(b"VP8X" + struct.pack("<I", 10) + bytes(4) + size + files()["webp"][12:])


def _webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    payload = b"\x2f" + struct.pack("<I", bits) + bytes(200)
    return _riff(b"VP8L" + struct.pack("<I", len(payload)) + payload + bytes(len(payload) & 1))


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _chunk_of(kind: bytes, size_bytes: int) -> bytes:
    return kind + struct.pack("<I", size_bytes) + bytes(size_bytes)


def _bmp_rle(width: int, height: int) -> bytes:
    palette = bytes(1024)
    offset = 14 + 40 + len(palette)
    body = (b"\xff\x07" * (width // 255 + 1) + b"\x00\x00") * min(height, 2_000) + b"\x00\x01"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + header + palette + body


def _claim_size(data: bytes, side_px: int) -> bytes:
    """Write another size into the first `ispe` property of a HEIC or AVIF."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", side_px, side_px) + data[at + 8 :]


def _jpeg_claiming(data: bytes, width: int, height: int) -> bytes:
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _interlaced(side_px: int) -> bytes:
    claimed = bytearray(png_claiming(side_px, side_px, bytes(MEGABYTE)))
    claimed[25], claimed[28] = 2, 1
    claimed[29:33] = struct.pack(">I", zlib.crc32(claimed[12:29]))
    return bytes(claimed)


def _with_chunk(png: bytes, kind: bytes, payload: bytes, times: int = 1) -> bytes:
    """Put a chunk behind the header of a PNG."""
    return png[:33] + chunk(kind, payload) * times + png[33:]


def _app1(payload: bytes) -> bytes:
    block = payload if payload.startswith(b"Exif") else b"Exif\0\0" + payload
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
