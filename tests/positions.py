"""Files that tell where they were taken, and a look at whether a file still does."""

import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from domain.images.pillow import register_heif
from tests.unit.images.drawing import draw

LATITUDE = "47,22.3719N"
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 exif:GPSLatitude = '47,22.3719N' exif:GPSLongitude="8,32.5&gt;100E" photoshop:City="Zürich"
 Iptc4xmpCore:Location="Bellevue" photoshop:Credit="kept > credit">
<exif:GPSAltitude>4088/10</exif:GPSAltitude><exif:GPSMapDatum/>
<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource">
<Iptc4xmpExt:City>Zürich</Iptc4xmpExt:City></rdf:li></rdf:Bag></Iptc4xmpExt:LocationCreated>
<dc:format>image/kept</dc:format></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
IPTC = b"".join(
    b"\x1c\x02" + struct.pack(">BH", number, len(text)) + text
    for number, text in ((5, b"Kept title"), (90, b"Zurich"), (92, b"Bellevue"), (101, b"Suisse"))
)
PANASONIC_NOTE = (
    b"Panasonic\x00\x00\x00"
    + struct.pack("<HHHI", 1, 0x6D, 7, 8)
    + struct.pack("<I", 0)
    + b"Zurich\x00\x00"
)
_TELLS = re.compile(
    r"gps|location|latitude|longitude|geotag|landmark|^(?:city|state|country.*|province.*)$",
    re.IGNORECASE,
)
_IN_STATISTICS = ("SourceFile", "File:", "System:", "ExifTool:")
_NEEDED = re.compile(
    r"^(?:Adobe|Composite|GIF|ICC[-_]\w+|JFIF|Meta|PNG|QuickTime|RIFF):\w+:(?!.*Date)"
    r"|^ICC-header:Main:ProfileDateTime$|:Orientation$"
    r"|^IFD0:Main:(?:BitsPerSample|Compression|ExtraSamples|ImageHeight|ImageWidth|Predictor"
    r"|PhotometricInterpretation|PlanarConfiguration|RowsPerStrip|SampleFormat|SamplesPerPixel"
    r"|StripByteCounts|StripOffsets)$"
)


def exif_with_place(**more: Any) -> Image.Exif:
    """Make tags with a camera, a turn and a place."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model 1", more.get("orientation", 1)
    details = {0x9003: "2024:02:29 12:34:56", 0x829D: 2.8}
    if "note" in more:
        details[0x927C] = more["note"]
    exif.get_ifd(0x8769).update(details)
    exif.get_ifd(0x8825).update(
        {
            1: "N",
            2: (47.0, 22.0, 22.314),
            3: "E",
            4: (8.0, 32.0, 30.606),
            6: 408.8,
            29: "2024:02:29",
        }
    )
    return exif


@cache
def files_with_places() -> Mapping[str, bytes]:
    """A file of each format and each way to tell a place, by what it is."""
    register_heif()
    return _in_tags() | _in_packets() | _beside_the_picture()


def _in_tags() -> dict[str, bytes]:
    exif = exif_with_place().tobytes()
    kinds = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF", "avif": "AVIF"}
    files = {f"exif.{ending}": _save(kind, exif=exif) for ending, kind in kinds.items()}
    note = exif_with_place(note=PANASONIC_NOTE).tobytes()
    segment = _segment(0xE1, exif)
    plain = _save("JPEG")
    return files | {
        "exif.tif": _tiff_with_place(big=False),
        "exif big.tif": _tiff_with_place(big=True),
        "maker note.jpg": _save("JPEG", exif=note),
        "twice.jpg": plain[:2] + segment + segment + plain[2:],
        "thumbnail.jpg": plain[:2] + _segment(0xE1, _exif_with_thumbnail(exif)) + plain[2:],
        "damaged tags.jpg": plain[:2] + _segment(0xE1, exif[:-40]) + plain[2:],
    }


def _in_packets() -> dict[str, bytes]:
    text, packed = PngInfo(), PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    packed.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    raw = PngInfo()
    profile = exif_with_place().tobytes()
    raw.add_text("Raw profile type exif", f"\nexif\n{len(profile):8}\n{profile.hex()}\n", zip=True)
    blocks = b"Photoshop 3.0\x00" + _block(0x0404, IPTC) + _block(0x0424, XMP)
    plain = _save("JPEG")
    gif = _save("GIF", palette=True)
    extension = b"\x21\xff\x0bXMP DataXMP" + XMP + bytes((1, *range(255, -1, -1), 0))
    named = XMP[: XMP.index(b" exif:GPS")].replace(b"exif", b"xmpNote")
    named = named.replace(b"xmpNote/1.0/", b"xmp/note/")
    named += b' xmpNote:HasExtendedXMP="' + b"A" * 32 + b'"/></rdf:RDF></x:xmpmeta>'
    more = b"http://ns.adobe.com/xmp/extension/\x00" + b"A" * 32 + struct.pack(">II", len(XMP), 0)
    main = _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + named)
    comment = b"GPS 47.3729 8.5418"
    return {
        "xmp.jpg": _save("JPEG", xmp=XMP),
        "xmp.webp": _save("WEBP", xmp=XMP),
        "xmp.heic": _save("HEIF", xmp=XMP),
        "xmp.avif": _save("AVIF", xmp=XMP),
        "xmp.png": _save("PNG", pnginfo=text),
        "xmp packed.png": _save("PNG", pnginfo=packed),
        "raw profile.png": _save("PNG", pnginfo=raw),
        "xmp.tif": _save("TIFF", tiffinfo={700: XMP}),
        "iptc.tif": _save("TIFF", tiffinfo={0x83BB: IPTC}),
        "map.tif": _save("TIFF", tiffinfo=_map_tags()),
        "xmp.gif": gif[:-1] + extension + b";",
        "photoshop.jpg": plain[:2] + _segment(0xED, blocks) + plain[2:],
        "more xmp.jpg": plain[:2] + main + _segment(0xE1, more + XMP) + plain[2:],
        "comment.jpg": plain[:2] + _segment(0xFE, comment) + plain[2:],
    }


def _beside_the_picture() -> dict[str, bytes]:
    """Files with more behind the picture: another one, and a film."""
    other = _save("JPEG", exif=exif_with_place().tobytes())
    place = b"\xa9xyz" + struct.pack(">HH", 17, 0x15C7) + b"+47.3729+008.5418"
    udta = _box(b"udta", struct.pack(">I", len(place) + 4) + place)
    film = _box(b"ftyp", b"mp42\x00\x00\x00\x00mp42") + _box(b"moov", udta)
    plain = _save("JPEG")
    return {
        "two pictures.jpg": plain + bytes(100) + other,
        "motion.jpg": plain + film,
        "motion.heic": _save("HEIF") + _box(b"mpvd", film),
        "uuid.avif": _save("AVIF")
        + _box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP),
        "behind.png": _save("PNG") + other,
    }


def tags_that_tell(files: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    """Ask exiftool for every tag that tells a place, in embedded files as well; or skip.

    Args:
        files: Files by name.
        folder: An empty one to put them into.

    Returns:
        By name, those tags of each file that has any.
    """
    told = _ask_exiftool(files, folder)
    telling = {
        name: {tag: value for tag, value in tags.items() if _TELLS.search(tag.rpartition(":")[2])}
        for name, tags in told.items()
    }
    return {name: tags for name, tags in telling.items() if tags}


def read_tags(files: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    """Ask exiftool for every tag that decoding a picture does not need; or skip.

    Args:
        files: Files by name.
        folder: An empty one to put them into.

    Returns:
        Those tags of each file, by its name.
    """
    told = _ask_exiftool(files, folder)
    return {
        name: {tag: value for tag, value in tags.items() if not _NEEDED.search(tag)}
        for name, tags in told.items()
    }


def _ask_exiftool(files: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    program = shutil.which("exiftool")
    if program is None:
        pytest.skip("needs exiftool (Debian: libimage-exiftool-perl)")
    names = {f"{index}{Path(name).suffix}": name for index, name in enumerate(files)}
    for short, name in names.items():
        (folder / short).write_bytes(files[name])
    asked = [program, "-json", "-a", "-u", "-U", "-G1:3", "-s", "-ee3", *names]
    done = subprocess.run(asked, cwd=folder, capture_output=True, check=False)
    return {
        names[tags["SourceFile"]]: {
            tag: value for tag, value in tags.items() if not tag.startswith(_IN_STATISTICS)
        }
        for tags in json.loads(done.stdout)
    }


def _save(kind: str, *, palette: bool = False, **options: Any) -> bytes:
    file = io.BytesIO()
    picture = draw(64, 48)
    (picture.convert("P") if palette else picture).save(file, kind, **options)
    return file.getvalue()


def _tiff_with_place(*, big: bool) -> bytes:
    """Write the directory of a TIFF anew, behind it, with a directory of EXIF and one of GPS."""
    data = _save("TIFF", big_tiff=big, tiffinfo={0x010F: "Maker", 0x0110: "Model 1"})
    count_code, offset_code, entry_bytes = ("Q", "Q", 20) if big else ("H", "I", 12)
    (first,) = struct.unpack_from(f"<{offset_code}", data, 8 if big else 4)
    (count,) = struct.unpack_from(f"<{count_code}", data, first)
    start = first + struct.calcsize(f"<{count_code}")
    rows = [
        data[at : at + entry_bytes] for at in range(start, start + count * entry_bytes, entry_bytes)
    ]

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        return struct.pack(f"<HH{offset_code}{offset_code}", tag, kind, count, value)

    def directory(rows: list[bytes]) -> bytes:
        return struct.pack(f"<{count_code}", len(rows)) + b"".join(sorted(rows)) + bytes(8)

    data += bytes(len(data) & 1)
    values = struct.pack("<12I", 47, 1, 22, 1, 11157, 500, 8, 1, 32, 1, 15303, 500)
    time = b"2024:02:29 12:34:56\x00"
    at, time_at = len(data), len(data) + len(values)
    place = [entry(1, 2, 2, ord("N")), entry(2, 5, 3, at), entry(3, 2, 2, ord("E"))]
    gps, exif = (
        directory([*place, entry(4, 5, 3, at + 24)]),
        directory([entry(0x9003, 2, 20, time_at)]),
    )
    gps_at = time_at + len(time)
    exif_at = gps_at + len(gps)
    pointers = [entry(0x8825, 4, 1, gps_at), entry(0x8769, 4, 1, exif_at)]
    rows = sorted([*rows, *pointers], key=lambda row: row[1::-1])
    tail = struct.pack(f"<{count_code}", len(rows)) + b"".join(rows) + bytes(8)
    head = data[: 8 if big else 4] + struct.pack(f"<{offset_code}", exif_at + len(exif))
    return head + data[len(head) :] + values + time + gps + exif + tail


def _map_tags() -> ImageFileDirectory_v2:
    """Tie a pixel of a map to a place, as GeoTIFF does."""
    tags = ImageFileDirectory_v2()
    for number, values in ((0x830E, (1.0, 1.0, 0.0)), (0x8482, (0.0, 0.0, 0.0, 8.5, 47.4, 0.0))):
        tags.tagtype[number] = 12
        tags[number] = values
    return tags


def _segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def _block(kind: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", kind, 0, len(data)) + data + bytes(len(data) & 1)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _exif_with_thumbnail(exif: bytes) -> bytes:
    """Make tags whose thumbnail has a place of its own."""
    thumbnail = _save("JPEG", exif=exif)
    entries = struct.pack("<HHII", 0x0201, 4, 1, 44) + struct.pack(
        "<HHII", 0x0202, 4, 1, len(thumbnail)
    )
    head = b"II*\x00" + struct.pack("<IHI", 8, 0, 14)
    return b"Exif\x00\x00" + head + struct.pack("<H", 2) + entries + bytes(4) + thumbnail


def png_chunks(data: bytes) -> list[bytes]:
    """Give the kinds of a PNG's chunks, and make sure that their checksums hold."""
    kinds, position = [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        content = data[position + 4 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, position + 8 + length)
        assert zlib.crc32(content) == checksum
        kinds.append(content[:4])
        position += 12 + length
    return kinds
