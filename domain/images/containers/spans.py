"""Byte ranges of a file."""

from bisect import bisect_right
from collections.abc import Iterable

Span = tuple[int, int]
"""Start and end in bytes; the end is exclusive."""


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch, and sort them."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged


def overlaps(merged: list[Span], span: Span) -> bool:
    """Return whether a span shares a byte with one of the merged spans."""
    start, end = span
    before = bisect_right(merged, span) - 1
    near = merged[max(before, 0) : before + 2]
    return any(of_start < end and start < of_end for of_start, of_end in near)


def keep_spans(data: bytes, merged: list[Span]) -> bytearray:
    """Copy a file; every byte outside the merged spans is zero."""
    kept = bytearray(len(data))
    for start, end in merged:
        kept[start:end] = data[start:end]
    return kept
