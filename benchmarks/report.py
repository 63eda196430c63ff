"""The figures of docs/benchmarks.md and of README.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks.rows import Section
from benchmarks.table import (
    BESIDE_LIMITS,
    BESIDE_PEER,
    IN_SHORT,
    markdown_table,
    plain,
    split_sections,
)

HEADING = "## The figures"
BEGIN, END = "<!-- figures of `make bench` -->", "<!-- end of the figures -->"


def write_figures(path: Path, sections: Sequence[Section], machine: Mapping[str, str]) -> None:
    """Replace the figures of the page; its text above them stays.

    Args:
        path: The page.
        sections: The figures.
        machine: A description of the machine.
    """
    text, _ = path.read_text(encoding="utf-8").split(HEADING)
    compared, others = split_sections(sections)
    parts = [
        HEADING,
        "### Beside the peer",
        markdown_table(compared, BESIDE_PEER),
        "### Beside the limits of the machine",
        markdown_table(others, BESIDE_LIMITS),
        "## Measured on",
        "\n".join(f"- {name}: {value}" for name, value in machine.items()),
    ]
    path.write_text(text + "\n\n".join(parts) + "\n", encoding="utf-8")


def write_short_figures(path: Path, sections: Sequence[Section]) -> None:
    """Replace the figures between two comments of a page: those beside the peer, in short.

    Args:
        path: The page.
        sections: The figures; only those that compare with the peer are used.
    """
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    compared, _ = split_sections(sections)
    short = [
        msgspec.structs.replace(section, rows=[row for row in section.rows if not row.detail])
        for section in compared
    ]
    parts = [before + BEGIN, markdown_table(short, IN_SHORT), END + after]
    path.write_text("\n\n".join(parts), encoding="utf-8")


def read_json(path: Path) -> dict[str, Section]:
    """Read the sections of a file that :func:`write_json` wrote, by the name of their line."""
    found = msgspec.json.decode(path.read_bytes())["sections"]
    return {one["line"]: msgspec.convert(one, Section) for one in found}


def write_json(path: Path, lines: Mapping[str, Section], machine: Mapping[str, str]) -> None:
    """Write the figures as JSON.

    Args:
        path: The file.
        lines: The sections by the name of their line.
        machine: A description of the machine.
    """
    found = msgspec.json.encode(plain(lines, machine))
    path.write_bytes(msgspec.json.format(found, indent=2) + b"\n")
