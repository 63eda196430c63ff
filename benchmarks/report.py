"""The page docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent

from benchmarks.rows import Section
from benchmarks.table import markdown_table

_ABOVE = """\
    # Benchmarks

    `make bench` wrote this page. It starts a MongoDB, a Redis, an API and a worker of its own in
    a temporary folder, sends them real photos (`MINILAB_TEST_DATA` names their folder), and
    measures, in the same run on the same cores, how fast this machine could go at best.

    ## How to read it

    - **Look at the ratio** (figure ÷ limit), not at the figure: a faster machine has another
      figure and nearly the same ratio. For what counts a second more is better; for times and
      memory, less.
    - **The limit** of the throughput is a loop over the same files in memory, in as many
      processes as there are cores, that does nothing but the operations: no network, no
      database, no promise. Since that loop keeps every core busy, all processor time that the
      service spends beside the operations comes off the ratio; the rows marked with a dot say
      where it went, and "all of them" is the ratio that the machine could reach if nothing ever
      waited, upside down. Limits are measured before and after the service and averaged.
    - **The limit of acceptance** is the same framework and server on a route that parses and
      hashes the same requests and keeps nothing.
    - **A turn**, the unit of fairness, is the time that one full chunk of work of 25 small images
      takes at the rate of that run. The limit is 2 × the active tenants × a turn, the one who waits
      among them; a wait is from sending the image to having its results.
    - **The limit of histograms across users** is plain NumPy over the same data in memory; the
      service has MongoDB, a snapshot, and changes not counted yet. How the time of similar
      users grows with their number is drawn in [a picture](similar-users-growth.svg).
    - The clients run in a process of their own on the same machine. What they cost is in the
      figures as well, where a real client would be elsewhere.
    - No two uploads have the same bytes: equal bytes are processed once, and would be faster.
    - No test asserts a speed; what is below its target says NO.

    `make bench` takes minutes and wants an idle machine. `.venv/bin/python -m benchmarks.run_all
    --quick --only small` tries one line with small counts (noisy, and not written here); `--json
    FILE` writes the figures for a program.
    """


def write_report(path: Path, sections: Sequence[Section], machine: Mapping[str, str]) -> None:
    """Write the page.

    Args:
        path: The file.
        sections: The figures.
        machine: A description of the machine.
    """
    on = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    parts = [
        dedent(_ABOVE).rstrip(),
        "## The figures",
        markdown_table(sections),
        "## Measured on",
        on,
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
