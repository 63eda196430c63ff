"""The ledger's arithmetic."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.jobs import (
    TERMINAL,
    ChunkPlan,
    Status,
    Tally,
    group_for_children,
    plan_chunks,
    roll_up,
)

counts = st.integers(0, 5)
tallies = st.builds(Tally, *[counts] * 6)
files = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 3000)), max_size=60)
plans = st.builds(ChunkPlan, st.integers(1, 8), st.integers(1, 10_000))


@pytest.mark.parametrize(
    ("tally", "status"),
    [
        (Tally(), "canceled"),
        (Tally(waiting=3), "queued"),
        (Tally(waiting=3, refused=2), "queued"),
        (Tally(waiting=2, running=1), "processing"),
        (Tally(running=3), "processing"),
        (Tally(waiting=1, succeeded=2), "processing"),
        (Tally(waiting=1, failed=2), "processing"),
        (Tally(succeeded=3), "succeeded"),
        (Tally(failed=3), "failed"),
        (Tally(refused=3), "failed"),
        (Tally(failed=1, refused=3), "failed"),
        (Tally(succeeded=1, failed=2), "partial"),
        (Tally(succeeded=1, refused=2), "partial"),
        (Tally(canceled=3), "canceled"),
        (Tally(succeeded=1, canceled=1), "canceled"),
    ],
)
def test_rolls_cells_up_to_one_status(tally: Tally, status: str) -> None:
    assert roll_up(tally) == status


@given(tallies)
def test_status_is_terminal_exactly_when_no_cell_is_open(tally: Tally) -> None:
    assert (roll_up(tally) in TERMINAL) == (not tally.waiting and not tally.running)


@given(tallies)
def test_success_means_that_every_cell_succeeded(tally: Tally) -> None:
    whole = tally.succeeded == tally.total > 0
    assert (roll_up(tally) is Status.SUCCEEDED) == whole


@given(tallies)
def test_total_counts_every_cell(tally: Tally) -> None:
    cells = (tally.succeeded, tally.failed, tally.canceled)
    assert tally.total == sum(cells) + tally.waiting + tally.running + tally.refused


@given(files, plans)
def test_every_file_gets_one_chunk_and_chunks_are_numbered_in_order(
    uploaded: list[tuple[str, int]], plan: ChunkPlan
) -> None:
    chunks = plan_chunks(uploaded, plan)
    assert len(chunks) == len(uploaded)
    assert sorted(set(chunks)) == list(range(len(set(chunks))))


@given(files, plans)
def test_equal_files_share_a_chunk(uploaded: list[tuple[str, int]], plan: ChunkPlan) -> None:
    chunks = plan_chunks(uploaded, plan)
    chunk_of: dict[str, int] = {}
    for (sha256, _), chunk in zip(uploaded, chunks, strict=True):
        assert chunk_of.setdefault(sha256, chunk) == chunk


@given(files, plans)
def test_no_chunk_is_larger_than_planned(uploaded: list[tuple[str, int]], plan: ChunkPlan) -> None:
    first = dict(reversed(uploaded))  # The size of a hash is that of its first file.
    chunk_of = dict(zip([sha for sha, _ in uploaded], plan_chunks(uploaded, plan), strict=True))
    images = Counter(chunk_of.values())
    size: Counter[int] = Counter()
    for sha256, chunk in chunk_of.items():
        size[chunk] += first[sha256]
    for chunk, count in images.items():
        assert count <= plan.max_images
        assert count == 1 or size[chunk] <= plan.max_bytes


def test_small_files_fill_a_chunk() -> None:
    uploaded = [(str(n), 100) for n in range(40)]
    assert plan_chunks(uploaded, ChunkPlan(max_images=16)) == [0] * 16 + [1] * 16 + [2] * 8


@given(st.integers(0, 200), st.integers(1, 16), st.integers(1, 16))
def test_groups_cover_a_chunk_in_order(count: int, children: int, most: int) -> None:
    groups = [list(range(count))[part] for part in group_for_children(count, children, most)]
    assert [n for group in groups for n in group] == list(range(count))
    assert all(1 <= len(group) <= most for group in groups)
    if 0 < count <= children * most:
        assert len(groups) <= children
