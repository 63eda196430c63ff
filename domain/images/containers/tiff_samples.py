"""The storage of samples in the first page of a TIFF file.

Source: TIFF revision 6.0, sections 3 to 6, 14 to 16 and 18; TIFF technical note 3 for floats.
"""

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_directories import Layout, read_layout, read_tags

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_SAMPLES, _ROWS_PER_STRIP, _PLANAR, _PREDICTOR, _PALETTE, _INKS = 277, 278, 284, 317, 320, 332
_STRIPS, _TILES, _TILE_SIZE, _EXTRA, _FORMAT = (273, 279), (324, 325), (322, 323), 338, 339
_READ = frozenset(
    {
        *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES, _EXTRA),
        *(_ROWS_PER_STRIP, _PLANAR, _PREDICTOR, _PALETTE, _INKS, _FORMAT),
        *(*_STRIPS, *_TILES, *_TILE_SIZE),
    }
)
LOSSLESS_COMPRESSIONS = frozenset({1, 5, 8, 32773, 32946, 34925, 50000})
"""Compressions of plain bytes: none, LZW, deflate, PackBits, deflate, LZMA, Zstandard."""
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INKS = 0, 1, 2, 3, 5
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
_COLORS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, INKS: 4}
_ALPHA = ASSOCIATED, _UNASSOCIATED = 1, 2
_WHOLE_BYTES = {UNSIGNED: {24, 32}, SIGNED: {8, 16, 32}, FLOAT: {16, 32, 64}}
_CMYK = 1
_PREDICTORS = frozenset({1, 2, 3})
_MOST_SAMPLES = 16


class Samples(msgspec.Struct, frozen=True):
    """How samples are stored.

    Attributes:
        layout: Of the numbers in the file.
        size: Width and height of the picture, in pixels.
        piece: Width and height of a strip or tile, in pixels.
        pieces: Positions and lengths in bytes, plane by plane, row by row.
        bits: Bits of a sample.
        kind: ``UNSIGNED``, ``SIGNED`` or ``FLOAT``.
        count: Samples of a pixel.
        colors: How many of them are colours, at the beginning.
        alpha: Which sample is the opacity; None if none is.
        palette: Red, green and blue levels, each as many; nothing without a palette.
    """

    layout: Layout
    size: tuple[int, int]
    piece: tuple[int, int]
    is_tiled: bool
    pieces: list[tuple[int, int]]
    bits: int
    kind: int
    count: int
    colors: int
    is_planar: bool
    is_reversed: bool
    photometric: int
    compression: int
    predictor: int
    alpha: int | None
    is_associated: bool
    palette: tuple[int, ...]

    @property
    def per_plane(self) -> int:
        """Samples of a pixel in one plane."""
        return 1 if self.is_planar else self.count

    @property
    def shown(self) -> int:
        """How many samples of a pixel are seen: its colours and the opacity."""
        return self.colors + (self.alpha is not None)

    @property
    def is_usual(self) -> bool:
        """Whether Pillow reads such samples right."""
        if self.is_planar and (self.bits, self.count) != (8, 3):
            return False
        if self.palette and (self.is_reversed or max(self.palette) < 256):
            return False
        if self.photometric == WHITE_IS_ZERO and (self.count > 1 or self.bits > 8):
            return False
        if self.photometric == INKS and self.alpha is not None:
            return False
        if self.layout.big and self.layout.order == ">":
            return False
        if self.kind != UNSIGNED:
            return self.count == 1 and (self.bits == 32 or (self.kind, self.bits) == (SIGNED, 16))
        if self.count > 1:
            return self.bits == 8 or (self.bits == 16 and self.photometric in {RGB, INKS})
        return self.bits in {1, 2, 4, 8, 16} or (self.bits, self.layout.order) == (32, "<")


def read_samples(data: bytes) -> Samples | None:
    """Read how the samples are stored.

    Returns:
        None for kinds that only the decoders know: coded as JPEG or fax, YCbCr, L*a*b*.

    Raises:
        CorruptImage: A tag reaches past the end, or strips or tiles are missing.
    """
    layout = read_layout(data)
    tags = read_tags(data, layout, _READ)
    first = {tag: values[0] for tag, values in tags.items()}
    bits, kind = first.get(_BITS, 1), first.get(_FORMAT, UNSIGNED)
    kind = kind if kind in _WHOLE_BYTES else UNSIGNED
    count, photometric = first.get(_SAMPLES, 1), first.get(_PHOTOMETRIC, BLACK_IS_ZERO)
    compression, predictor = first.get(_COMPRESSION, 1), first.get(_PREDICTOR, 1)
    is_known = bits in _WHOLE_BYTES[kind] or (kind == UNSIGNED and 1 <= bits <= 16)
    if compression not in LOSSLESS_COMPRESSIONS or photometric not in _COLORS or not is_known:
        return None
    colors = _COLORS[photometric]
    is_odd = len({*tags.get(_BITS, ())}) > 1 or predictor not in _PREDICTORS
    if (
        is_odd
        or not colors <= count <= _MOST_SAMPLES
        or (colors > 3 and first.get(_INKS, _CMYK) != _CMYK)
    ):
        return None
    is_tiled = _TILES[0] in tags
    size, piece = _sizes(first, is_tiled)
    offsets, lengths = (tags.get(tag, ()) for tag in (_TILES if is_tiled else _STRIPS))
    extra = tags.get(_EXTRA, (_UNASSOCIATED,) if photometric == RGB else ())[: count - colors]
    return Samples(
        layout=layout,
        size=size,
        piece=piece,
        is_tiled=is_tiled,
        pieces=[*zip(offsets, lengths or [0] * len(offsets), strict=False)],
        bits=bits,
        kind=kind,
        count=count,
        colors=colors,
        is_planar=first.get(_PLANAR) == 2 and count > 1,
        is_reversed=first.get(_FILL_ORDER) == 2,
        photometric=photometric,
        compression=compression,
        predictor=predictor if compression != 1 else 1,
        alpha=colors if extra and extra[0] in _ALPHA else None,
        is_associated=extra[:1] == (ASSOCIATED,),
        palette=tags.get(_PALETTE, ()) if photometric == PALETTE else (),
    )


def _sizes(first: dict[int, int], is_tiled: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """Read width and height of the page, and those of its strips or tiles, in pixels."""
    size = first.get(_WIDTH, 0), first.get(_HEIGHT, 0)
    piece = size[0], min(first.get(_ROWS_PER_STRIP, size[1]), size[1])
    if is_tiled:
        piece = first.get(_TILE_SIZE[0], 0), first.get(_TILE_SIZE[1], 0)
    if min(*size, *piece) <= 0:
        raise CorruptImage("The strips or tiles have no size.")
    return size, piece
