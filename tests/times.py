"""Times of answers."""

from datetime import datetime


def moment(text: str) -> datetime:
    """Read a time. As texts, times do not sort: one on a whole second has no fraction."""
    return datetime.fromisoformat(text)
