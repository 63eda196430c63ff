"""File names as they are kept: for people, without a path, short enough."""

import unicodedata

UNNAMED = "unnamed"
# U+200C and U+200D spell words of Persian and Indian scripts, and join emoji; tags spell flags.
_JOINERS = {0x200C, 0x200D, *range(0xE0020, 0xE0080)}
_DROPPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories that are dropped: control characters, marks that turn text, surrogates, line ends."""


def clean_filename(name: str, max_chars: int) -> str:
    """Keep the last part of a path, without control characters; shorten it before its ending.

    A name of which nothing is left is :data:`UNNAMED`.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(filter(_is_kept, last)).strip()
    if not clean.strip("." + "".join(map(chr, _JOINERS))):
        return UNNAMED
    if len(clean) <= max_chars:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) >= max_chars // 2:
        return clean[:max_chars].strip()
    return stem[: max_chars - len(ending) - 1].strip() + dot + ending


def _is_kept(character: str) -> bool:
    number = ord(character)
    if number in _JOINERS:
        return True
    is_noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    return unicodedata.category(character) not in _DROPPED and not is_noncharacter
