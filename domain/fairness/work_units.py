"""Turns between tenants: what a piece of work costs, and who gets a larger share."""

# A photo of 12 megapixels, some 4 MB, takes 13 times as long as a portrait of 250 × 250 (8 KB).
BYTES_PER_UNIT = 330_000
WEIGHTS_PATTERN = r"^$|^[^,]+=[1-9][0-9]{0,2}(,[^,]+=[1-9][0-9]{0,2})*$"


def estimate_units(images: int, size_bytes: int) -> float:
    """Estimate the work that images are, before anybody has looked into them.

    Args:
        images: How many.
        size_bytes: Their size together.

    Returns:
        The work in units of one small image.
    """
    return images + size_bytes / BYTES_PER_UNIT


def read_weights(text: str) -> dict[str, int]:
    """Read a list of weights.

    Args:
        text: As in ``alice=2,bob=3``; matches :data:`WEIGHTS_PATTERN`.

    Returns:
        The weight of each user ID that is named, 1 to 999.
    """
    entries = (entry.rpartition("=") for entry in text.split(",") if entry)
    return {user_id.strip(): int(weight) for user_id, _, weight in entries}
