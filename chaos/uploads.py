"""Uploads of clients: mostly small images, some twice, some large, some broken."""

import io
import random
from functools import cache

import msgspec
import numpy as np
from PIL import Image

from domain.images.operations import DEFAULT_OPERATIONS

SHARED_PICTURES = 40
MOST_FILES = 16
# More than an upload holds in memory: written before the acceptance, orphaned if that fails.
TAIL_BYTES = 1_500_000
SMALL, LARGE = (64, 48), (1600, 1200)


class Upload(msgspec.Struct, frozen=True):
    """An upload request.

    Attributes:
        name: Its unique name; all its file names begin with it.
        files: Names and contents.
        bad: Number of files that are not whole images.
        operations: The operations; None for all.
        key: The Idempotency-Key, if any.
        wait_seconds: The preferred wait for the end; 0 for none.
    """

    name: str
    files: list[tuple[str, bytes]]
    bad: int
    operations: str | None
    key: str | None
    wait_seconds: int


def make_upload(name: str, chance: random.Random) -> Upload:
    """Make a random request.

    Args:
        name: Its unique name.
        chance: The source of randomness.
    """
    many = chance.random()
    count = 1 if many < 0.55 else chance.randint(2, 5 if many < 0.85 else MOST_FILES)
    files, bad = [], 0
    for number in range(count):
        is_bad = chance.random() < 0.06
        content = _bad_file(name, chance) if is_bad else _picture(f"{name}-{number}", chance)
        bad += is_bad
        files.append((f"{name}-{number}.jpg", content))
    some = ",".join(chance.sample(DEFAULT_OPERATIONS, 2))
    return Upload(
        name=name,
        files=files,
        bad=bad,
        operations=some if chance.random() < 0.25 else None,
        key=f"key of {name}" if chance.random() < 0.4 else None,
        wait_seconds=2 if chance.random() < 0.1 else 0,
    )


def _picture(name: str, chance: random.Random) -> bytes:
    """Make an image; bytes behind the end of the JPEG make it differ from others."""
    kind = chance.random()
    if kind < 0.12:
        return _draw(SMALL) + b"shared %d" % chance.randrange(SHARED_PICTURES)
    if kind < 0.16:
        return _draw(LARGE) + name.encode()
    if kind < 0.18:
        return _draw(SMALL) + name.encode() + bytes(TAIL_BYTES)
    return _draw(SMALL) + name.encode()


def _bad_file(name: str, chance: random.Random) -> bytes:
    whole = _draw(SMALL)
    return chance.choice([b"", b"no picture at all: " + name.encode(), whole[: len(whole) // 3]])


@cache
def _draw(size: tuple[int, int]) -> bytes:
    width, height = size
    noise = np.random.default_rng(0).integers(0, 40, (height, width, 3))
    slope = np.linspace(0, 200, width)[None, :, None] + np.zeros((height, 1, 1))
    file = io.BytesIO()
    Image.fromarray((slope + noise).astype(np.uint8)).save(file, "JPEG")
    return file.getvalue()
