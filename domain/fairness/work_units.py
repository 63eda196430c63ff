"""Fair queueing between tenants: the cost of work, and the weights of tenants."""

# A photo of 12 megapixels, some 4 MB, takes 13 times as long as a portrait of 250 × 250 (8 KB).
BYTES_PER_UNIT = 330_000
WEIGHTS_PATTERN = r"^\Z|^[^,]+=[1-9][0-9]{0,2}(,[^,]+=[1-9][0-9]{0,2})*\Z"


def estimate_units(images: int, size_bytes: int) -> float:
    """Estimate the work of images from their total size, in units of one small image."""
    return images + size_bytes / BYTES_PER_UNIT


def read_weights(text: str) -> dict[str, int]:
    """Read weights of user IDs, 1 to 999, from a text such as ``alice=2,bob=3``."""
    entries = (entry.rpartition("=") for entry in text.split(",") if entry)
    return {user_id.strip(): int(weight) for user_id, _, weight in entries}
