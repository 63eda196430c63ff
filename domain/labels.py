"""Labels: what people or apps say about an image, for each task that a model learns."""

import unicodedata

import msgspec

from domain.errors.requests import InvalidValue

LABELS = "labels"
"""The field of images that shows them."""
MAX_VALUE_CHARS = 100
TASK = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
"""The name of a task, as part of a pattern."""
TASK_PATTERN = rf"^{TASK}\Z"
MAX_TASKS = 50
"""Most tasks of one image that have a label."""
MAX_LABELS = 1000
"""Most labels in one request."""


class Label(msgspec.Struct, frozen=True):
    """The value of an image for a task.

    Attributes:
        task: A name as ``flowers``.
        value: A class as ``daisy``.
    """

    image_id: str
    task: str
    value: str


def check_value(value: str) -> None:
    """Refuse a value that is too long, has control characters, or blanks around it.

    Raises:
        InvalidValue: It does.
    """
    if not 1 <= len(value) <= MAX_VALUE_CHARS:
        raise InvalidValue(f"value: must have 1 to {MAX_VALUE_CHARS} characters.", "value")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise InvalidValue("value: must not have control characters.", "value")
    if value != value.strip():
        raise InvalidValue("value: must not begin or end with a blank.", "value")
