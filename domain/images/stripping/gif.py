"""Strips the metadata of GIF files."""

from domain.images.containers.gif import IMAGE, Block, screen_end, walk_blocks

_GRAPHIC_CONTROL = b"\x21\xf9\x04"
_GRAPHIC_CONTROL_BYTES = 7
_LOOPS = (b"\x21\xff\x0bNETSCAPE2.0\x03\x01", b"\x21\xff\x0bANIMEXTS1.0\x03\x01")
_LOOP_BYTES = 18
_PROFILE = b"\x21\xff\x0bICCRGBG1012"


def strip_gif(data: bytes) -> bytes:
    """Keep the frames, their timing and transparency, the loop count and the colour profile.

    Raises:
        CorruptImage: A block is cut off, or there are too many.

    Source:
        GIF89a specification (CompuServe, 1990), §17 to §27; ICC.1:2022, annex B.3.
    """
    parts = [data[: screen_end(data)]]
    parts += [_strip_block(data, block) for block in walk_blocks(data)]
    return b"".join((*parts, b"\x3b"))


def _strip_block(data: bytes, block: Block) -> bytes:
    content = data[block.start : block.end]
    if block.kind == IMAGE or content.startswith(_PROFILE):
        return content
    if content.startswith(_GRAPHIC_CONTROL):
        return content[:_GRAPHIC_CONTROL_BYTES] + b"\x00"
    if content.startswith(_LOOPS):
        return content[:_LOOP_BYTES] + b"\x00"
    return b""
