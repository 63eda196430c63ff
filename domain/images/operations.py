"""Operations by name and version, and the parser of a client's list of them."""

import msgspec

from domain.errors.requests import UnknownOperation


class Operation(msgspec.Struct, frozen=True):
    """A pure function of a blob.

    Attributes:
        version: Increases when the same bytes give another result.
        learns: Whether it belongs to learning, which is off by default.
    """

    name: str
    version: int
    learns: bool = False


METADATA = "metadata"
HISTOGRAM = "histogram"
FACES = "faces"
FINGERPRINT = "fingerprint"
THUMBNAIL = "thumbnail"
QUALITY = "quality"
EMBEDDING = "embedding"

OPERATIONS: tuple[Operation, ...] = (
    Operation(METADATA, 2),
    Operation(HISTOGRAM, 2),
    Operation(FACES, 3),
    Operation(FINGERPRINT, 2),
    Operation(QUALITY, 2, learns=True),
    Operation(THUMBNAIL, 2),
    Operation(EMBEDDING, 1, learns=True),
)
"""Canonical order: what is cheap comes first."""

ALL_OPERATIONS: tuple[str, ...] = tuple(operation.name for operation in OPERATIONS)
DEFAULT_OPERATIONS: tuple[str, ...] = tuple(
    operation.name for operation in OPERATIONS if not operation.learns
)
"""Without those of learning."""
VERSIONS: dict[str, int] = {operation.name: operation.version for operation in OPERATIONS}

_SHOWN_CHARS = 40


def available_operations(*, learning: bool) -> tuple[Operation, ...]:
    """List the operations of a service with or without learning."""
    return tuple(known for known in OPERATIONS if learning or not known.learns)


def parse_operations(text: str | None, *, learning: bool = False) -> tuple[str, ...]:
    """Read a comma list of operations.

    Args:
        text: Such as ``faces,metadata``; spaces, case, repeats and order do not matter. None
            or blank asks for all.
        learning: Whether the service has the operations of learning.

    Returns:
        Names in canonical order, each once.

    Raises:
        UnknownOperation: The service does not have a name, or the list has only commas.
    """
    known = tuple(operation.name for operation in available_operations(learning=learning))
    if text is None or not text.strip():
        return known
    asked = {name for part in text.split(",") if (name := part.strip().lower())}
    unknown = sorted(asked.difference(known))
    if off := sorted(asked.intersection(ALL_OPERATIONS).difference(known)):
        raise UnknownOperation(
            f"{off[0]!r} belongs to learning, which is off. MINILAB_LEARNING=true switches it on."
        )
    if unknown or not asked:
        name = unknown[0] if unknown else text.strip()
        raise UnknownOperation(
            f"{name[:_SHOWN_CHARS]!r} is not an operation; known are {', '.join(known)}."
        )
    return tuple(name for name in known if name in asked)
