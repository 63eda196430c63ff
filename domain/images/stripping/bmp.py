"""Strips the metadata of BMP files."""

from domain.images.containers.bmp import read_layout
from domain.images.containers.spans import keep_spans, merge


def strip_bmp(data: bytes) -> bytes:
    """Keep the headers, the palette, the rows and an embedded colour profile.

    Bytes between them become zeros; bytes behind them are dropped.

    Raises:
        CorruptImage: The file ends within its header.
    """
    layout = read_layout(data)
    kept = merge((layout.header, layout.pixels, layout.profile))
    return bytes(keep_spans(data, kept)[: kept[-1][1]])
