"""Marks: what clients attach to jobs and images to find them again.

A document holds its marks as one list of texts, ``id:…``, ``tag:…`` and ``attribute:key:value``,
so that one index serves searches by all of them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue

MARKS = "marks"
"""The field of jobs and images that holds them."""

MAX_EXTERNAL_ID_CHARS = 255
MAX_TAGS = 20
MAX_TAG_CHARS = 64
MAX_ATTRIBUTES = 50
MAX_KEY_CHARS = 40
MAX_VALUE_CHARS = 500

_ID, _TAG, _ATTRIBUTE = "id:", "tag:", "attribute:"
_KEY = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_KEY_CHARS}}}")
_SHOWN_CHARS = 60


class Marks(msgspec.Struct, frozen=True):
    """The marks of a job or an image.

    Attributes:
        external_id: ID in the client's own system; many objects may have the same.
        tags: Each once, in the order in which they were given.
        attributes: Values by key.
    """

    external_id: str | None = None
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = {}

    @property
    def stored(self) -> list[str]:
        """The texts that a document holds."""
        ids = [_ID + self.external_id] if self.external_id else []
        tags = [_TAG + tag for tag in self.tags]
        attributes = [f"{_ATTRIBUTE}{key}:{value}" for key, value in self.attributes.items()]
        return ids + tags + attributes


class MarksChange(msgspec.Struct, frozen=True):
    """A change of marks; what is None or not named stays.

    Attributes:
        external_id: Replaces the ID; an empty text removes it.
        tags: Replace all tags.
        add_tags: Added after that.
        remove_tags: Removed after that.
        attributes: Replace the values of their keys; an empty value removes its key.
    """

    external_id: str | None = None
    tags: tuple[str, ...] | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = {}


def read_marks(stored: Iterable[str]) -> Marks:
    """Read marks from the texts of a document."""
    external_id, tags, attributes = None, [], {}
    for text in stored:
        kind, _, rest = text.partition(":")
        if kind == "attribute":
            key, _, attributes[key] = rest.partition(":")
        elif kind == "tag":
            tags.append(rest)
        else:
            external_id = rest
    return Marks(external_id, tuple(tags), attributes)


def change_marks(marks: Marks, change: MarksChange) -> Marks:
    """Apply a change.

    Raises:
        InvalidValue: A value is not well formed, or there would be too many.
    """
    external_id = marks.external_id if change.external_id is None else change.external_id
    tags = dict.fromkeys(marks.tags if change.tags is None else change.tags)
    tags |= dict.fromkeys(change.add_tags)
    for tag in change.remove_tags:
        tags.pop(tag, None)
    attributes = {
        key: value for key, value in {**marks.attributes, **change.attributes}.items() if value
    }
    changed = Marks(external_id or None, tuple(tags), attributes)
    _check(changed)
    return changed


def parse_marks(external_id: str | None, tags: str | None, attributes: str | None) -> Marks:
    """Read the marks of a form: an ID, a comma list of tags, and a JSON object of texts.

    Raises:
        InvalidValue: A value is not well formed, or there are too many.
    """
    pairs: dict[str, str] = {}
    marks, faults = Marks(), Faults()
    with faults.of("attributes"):
        pairs = _read_pairs(attributes or "{}")
    named = [tag.strip() for tag in (tags or "").split(",")]
    with faults.of(None):
        given = MarksChange(external_id, tuple(tag for tag in named if tag), attributes=pairs)
        marks = change_marks(marks, given)
    faults.check()
    return marks


def _read_pairs(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, RecursionError):
        raise InvalidValue("attributes must be a JSON object whose values are strings.") from None


def wanted_marks(
    external_id: str | None, tags: Iterable[str] | None, attributes: Iterable[str] | None
) -> tuple[str, ...]:
    """Return the stored texts of the marks that a search asks for.

    Each attribute is ``key:value``.

    Raises:
        InvalidValue: An attribute has no colon.
    """
    wanted = [] if external_id is None else [_ID + external_id]
    wanted += [_TAG + tag for tag in tags or ()]
    for pair in attributes or ():
        if ":" not in pair:
            raise InvalidValue(
                "attribute must be key:value, as in attribute=color:red.", "attribute"
            )
        wanted.append(_ATTRIBUTE + pair)
    return tuple(dict.fromkeys(wanted))


def _check(marks: Marks) -> None:
    faults = Faults()
    with faults.of("external_id"):
        if marks.external_id is not None:
            _check_text("external_id", marks.external_id, MAX_EXTERNAL_ID_CHARS)
    with faults.of("tags"):
        _check_tags(marks.tags)
    with faults.of("attributes"):
        _check_attributes(marks.attributes)
    faults.check()


def _check_tags(tags: Sequence[str]) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidValue(f"tags: the limit is {MAX_TAGS} tags.")
    for tag in tags:
        _check_text("tags", tag, MAX_TAG_CHARS)
        if "," in tag:
            raise InvalidValue(f"tags: {_shown(tag)} has a comma, which separates tags.")


def _check_attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidValue(f"attributes: the limit is {MAX_ATTRIBUTES} keys.")
    for key, value in attributes.items():
        if not _KEY.fullmatch(key):
            raise InvalidValue(
                f"attributes: the key {_shown(key)} is not 1 to {MAX_KEY_CHARS} ASCII letters, "
                "digits, dots, hyphens and underscores."
            )
        _check_text(f"attributes.{key}", value, MAX_VALUE_CHARS)


def _check_text(name: str, text: str, max_chars: int) -> None:
    """Refuse what is too long, has control characters, or blanks that other programs remove."""
    if not 1 <= len(text) <= max_chars:
        raise InvalidValue(f"{name}: {_shown(text)} does not have 1 to {max_chars} characters.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidValue(f"{name}: {_shown(text)} has a control character.")
    if text != text.strip():
        raise InvalidValue(f"{name}: {_shown(text)} has a blank at its beginning or end.")


def _shown(text: str) -> str:
    return ascii(text[:_SHOWN_CHARS])
