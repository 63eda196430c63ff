"""Operations by name and version, and the parser of a client's list of them."""

import msgspec

from domain.errors.requests import UnknownOperation


class Operation(msgspec.Struct, frozen=True):
    """A pure function of a blob.

    Attributes:
        version: Increases when the same bytes give another result.
    """

    name: str
    version: int


METADATA = "metadata"
HISTOGRAM = "histogram"
FACES = "faces"
FINGERPRINT = "fingerprint"
THUMBNAIL = "thumbnail"

OPERATIONS: tuple[Operation, ...] = (
    Operation(METADATA, 2),
    Operation(HISTOGRAM, 2),
    Operation(FACES, 3),
    Operation(FINGERPRINT, 2),
    Operation(THUMBNAIL, 2),
)
"""Canonical order: what is cheap comes first."""

ALL_OPERATIONS: tuple[str, ...] = tuple(operation.name for operation in OPERATIONS)
VERSIONS: dict[str, int] = {operation.name: operation.version for operation in OPERATIONS}

_SHOWN_CHARS = 40


def parse_operations(text: str | None) -> tuple[str, ...]:
    """Read a comma list of operations.

    Args:
        text: Such as ``faces,metadata``; spaces, case, repeats and order do not matter. None
            or blank asks for all.

    Returns:
        Names in canonical order, each once.

    Raises:
        UnknownOperation: A name is not in ``ALL_OPERATIONS``, or the list has only commas.
    """
    if text is None or not text.strip():
        return ALL_OPERATIONS
    asked = {name for part in text.split(",") if (name := part.strip().lower())}
    unknown = sorted(asked.difference(ALL_OPERATIONS))
    if unknown or not asked:
        name = unknown[0] if unknown else text.strip()
        raise UnknownOperation(
            f"{name[:_SHOWN_CHARS]!r} is not an operation; known are {', '.join(ALL_OPERATIONS)}."
        )
    return tuple(name for name in ALL_OPERATIONS if name in asked)
