"""Parts of a file, by start and end in bytes."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch, and put them in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def overlaps(merged: list[Span], span: Span) -> bool:
    """Say whether a span shares a byte with any of those that :func:`merge` gave."""
    start, end = span
    before = bisect_right(merged, span) - 1
    near = merged[max(before, 0) : before + 2]
    return any(of_start < end and start < of_end for of_start, of_end in near)


def overlap_each_other(spans: Iterable[Span]) -> bool:
    """Say whether any two share a byte."""
    last = 0
    for start, end in sorted(spans):
        if start < last:
            return True
        last = end
    return False


def subtract(spans: Iterable[Span], merged: list[Span]) -> Iterator[Span]:
    """Give what no span of those that :func:`merge` gave covers."""
    for start, end in merge(spans):
        position = start
        first = max(bisect_right(merged, (start, start)) - 1, 0)
        for index in range(first, len(merged)):
            kept_start, kept_end = merged[index]
            if kept_start >= end:
                break
            if kept_end > position:
                if kept_start > position:
                    yield position, kept_start
                position = kept_end
        if position < end:
            yield position, end
