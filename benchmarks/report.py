"""The figures of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.rows import Section
from benchmarks.table import markdown_table

HEADING = "## The figures"


def write_figures(path: Path, sections: Sequence[Section], machine: Mapping[str, str]) -> None:
    """Replace the figures of the page; its text above them stays.

    Args:
        path: The page.
        sections: The figures.
        machine: A description of the machine.
    """
    text, _ = path.read_text(encoding="utf-8").split(HEADING)
    on = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    parts = [HEADING, markdown_table(sections), "## Measured on", on]
    path.write_text(text + "\n\n".join(parts) + "\n", encoding="utf-8")
