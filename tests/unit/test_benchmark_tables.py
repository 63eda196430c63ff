from pathlib import Path

import msgspec
import pytest

from benchmarks.report import (
    BEGIN,
    END,
    HEADING,
    read_json,
    write_figures,
    write_json,
    write_short_figures,
)
from benchmarks.rows import Row, Section, Target
from benchmarks.table import BESIDE_PEER, markdown_table, missed, split_sections, terminal_table
from simulation.figures import read_figures

REPOSITORY = Path(__file__).parents[2]
FASTER = Row("rate", 20.0, "images/s", 25.0, "a loop", Target(1.9, of="peer_ratio"), peer=10.0)
SLOWER = Row("time", 30.0, "ms", None, "", Target(0.6, of="peer_ratio", at_most=True), peer=40.0)
DETAIL = Row("why", 1.0, "ms", detail=True)
COMPARED = Section("beside a peer", [FASTER, SLOWER, DETAIL])
ALONE = Section("alone", [Row("share", 0.5, "", 1.0, "all", Target(0.4))])


def test_target_of_the_peer_is_met_by_its_ratio() -> None:
    assert (FASTER.peer_ratio, FASTER.met) == (2.0, True)
    assert missed([COMPARED, ALONE]) == [SLOWER]


def test_page_shows_limit_peer_and_ours(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{HEADING}\n\nold\n")
    for _ in range(2):
        write_figures(page, [ALONE, COMPARED], {"cores": "2"})
    text = page.read_text()
    row = (
        "| rate | 25.0 images/s | 10.0 images/s | 20.0 images/s | 2.00 | 0.80 | ≥ 1.9 of the peer |"
    )
    assert row in text
    assert "| share | 0.50" in text
    assert text.startswith("# Page\n\n")
    assert text.endswith("\n- cores: 2\n")
    assert "old" not in text
    assert text.count(HEADING) == 1


def test_short_figures_leave_out_details_and_other_sections(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\n\n{END}\n\nafter\n")
    for _ in range(2):
        write_short_figures(page, [ALONE, COMPARED])
    lines = page.read_text().split("\n")
    assert lines[:3] == ["before", "", BEGIN]
    assert lines[-4:] == [END, "", "after", ""]
    shown = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert shown == ["what", "---", "rate", "time"]


@pytest.mark.parametrize("page", ["README.md", "docs/benchmarks.md"])
def test_pages_have_a_place_for_figures(page: str) -> None:
    text = (REPOSITORY / page).read_text()
    marks = [HEADING] if page.startswith("docs") else [BEGIN, END]
    assert [text.count(mark) for mark in marks] == [1] * len(marks)


def test_terminal_shows_all_columns() -> None:
    compared, others = split_sections([ALONE, COMPARED])
    assert (compared, others) == ([COMPARED], [ALONE])
    table = terminal_table(compared, BESIDE_PEER)
    assert [column.header for column in table.columns] == list(BESIDE_PEER)


def test_figures_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    lines = {"peer": msgspec.structs.replace(COMPARED, measured_on="2026-11-30"), "alone": ALONE}
    write_json(tmp_path / "figures.json", lines, {"cores": "2"})
    assert read_json(tmp_path / "figures.json") == lines
    assert "**beside a peer** (2026-11-30)" in markdown_table(list(lines.values()), BESIDE_PEER)


def test_json_is_what_the_simulation_reads(tmp_path: Path) -> None:
    write_json(tmp_path / "figures.json", {"peer": COMPARED, "alone": ALONE}, {"cores": "2"})
    assert read_figures(tmp_path / "figures.json") == {
        "peer": {"rate": 20.0, "rate · limit": 25.0, "time": 30.0, "why": 1.0, "time · why": 1.0},
        "alone": {"share": 0.5, "share · limit": 1.0},
    }
