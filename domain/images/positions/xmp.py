"""Take places out of XMP packets."""

import re
from typing import NoReturn
from xml.parsers import expat

from domain.images.positions import LIMITS, PLACE_NAME

_SEPARATOR = " "  # Between namespace and name; no name holds one.
_ATTRIBUTE = re.compile(rb"""[\s]([^\s=<>/"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG = re.compile(rb"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>""")
# Thumbnails, and the pictures that phones keep beside their depth maps.
_PICTURE_NAMES = re.compile(r"^http://ns\.adobe\.com/xap/1\.0/g/img/ image$|/image/ Data$")
_PADDING = b"\x00 \t\r\n"


def strip_xmp(packet: bytes) -> bytes:
    """Blank every property that tells a place, and pictures within: they may hold their own.

    Args:
        packet: The packet; bytes of zero may follow.

    Returns:
        As many bytes. A packet that is no well-formed UTF-8, or that declares a document type,
        is all blank: readers that forgive more could find a place in it.

    Source:
        ISO 16684-1, XMP, §7; its namespaces of EXIF and IPTC in parts 2 and the IPTC standard.
    """
    written = packet.rstrip(_PADDING)
    if len(written) > LIMITS.xmp_bytes:
        return b" " * len(packet)
    try:
        spans = _Finder(written).spans()
    except (expat.ExpatError, ValueError, LookupError):
        return b" " * len(packet)
    if not spans:
        return packet
    blanked = bytearray(packet)
    for start, end in spans:
        blanked[start:end] = b" " * (end - start)
    return bytes(blanked)


class _Finder:
    """Finds the elements and attributes to blank, by where they are in the packet."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self._spans: list[tuple[int, int]] = []
        self._depth = 0
        self._going_depth = 0  # Depth of the element that goes, with all in it; 0 for none.
        self._going_from = 0
        self._parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _refuse

    def spans(self) -> list[tuple[int, int]]:
        """Give start and end of each, in bytes.

        Raises:
            ExpatError: The packet is not well formed.
            ValueError: It cannot be told where something is.
        """
        self._packet.decode()
        self._parser.Parse(self._packet, True)
        return self._spans

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._going_depth:
            return
        start = self._parser.CurrentByteIndex
        if _goes(name):
            self._going_depth, self._going_from = self._depth, start
            return
        going = sum(_goes(attribute) for attribute in attributes)
        if going:
            self._blank_attributes(start, going)

    def _blank_attributes(self, start: int, expected: int) -> None:
        end = self._end_of_tag(start)
        found = [
            attribute.span()
            for attribute in _ATTRIBUTE.finditer(self._packet, start, end)
            if not attribute[1].startswith(b"xmlns")
            and _goes(attribute[1].decode().replace(":", _SEPARATOR))
        ]
        if len(found) < expected:
            raise ValueError("An attribute was not found.")
        self._spans += found

    def _end(self, _: str) -> None:
        if self._going_depth == self._depth:
            self._going_depth = 0
            end = self._end_of_tag(self._going_from)
            if self._packet[end - 2 : end] != b"/>":  # Not an element of one tag alone.
                end = self._end_of_tag(self._parser.CurrentByteIndex)
            self._spans.append((self._going_from, end))
        self._depth -= 1

    def _end_of_tag(self, start: int) -> int:
        tag = _TAG.match(self._packet, start)
        if tag is None:
            raise ValueError("The tag has no end.")
        return tag.end()


def _goes(name: str) -> bool:
    """Say whether a property goes, given its namespace (or prefix) and name."""
    local = name.rpartition(_SEPARATOR)[2]
    return PLACE_NAME.search(local) is not None or _PICTURE_NAMES.search(name) is not None


def _refuse(*_: object) -> NoReturn:
    raise ValueError("A packet declares no document type.")
