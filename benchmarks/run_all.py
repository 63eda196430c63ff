"""``python -m benchmarks.run_all``: run the benchmarks, print and write their tables."""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks.acceptance import measure_acceptance
from benchmarks.analytics import measure_analytics
from benchmarks.backfill import measure_backfill
from benchmarks.bucket import measure_bucket
from benchmarks.comparison.section import measure_beside_peer
from benchmarks.fairness import measure_fairness
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.peer import peer_versions
from benchmarks.harness.service import ROOT, Bench
from benchmarks.idle import measure_idle
from benchmarks.latency import measure_latency
from benchmarks.learning import measure_learning
from benchmarks.many_processes import measure_many_processes
from benchmarks.memory import measure_memory
from benchmarks.operations import measure_operations
from benchmarks.readers import measure_readers
from benchmarks.report import read_json, write_figures, write_json, write_short_figures
from benchmarks.resumable import measure_resumable
from benchmarks.rows import Section
from benchmarks.similar import measure_similar
from benchmarks.statistics import measure_statistics
from benchmarks.table import (
    BESIDE_LIMITS,
    BESIDE_PEER,
    missed,
    split_sections,
    terminal_table,
)
from benchmarks.throughput import measure_large, measure_small
from benchmarks.webhooks import measure_webhooks
from deploy.servers.embedded import embedded_servers
from sandbox.processors import usable_processors

LINES: Mapping[str, Callable[[Bench], Section]] = {
    "peer": measure_beside_peer,
    "small": measure_small,
    "large": measure_large,
    "bucket": measure_bucket,
    "acceptance": measure_acceptance,
    "latency": measure_latency,
    "fairness": measure_fairness,
    "memory": measure_memory,
    "resumable": measure_resumable,
    "idle": measure_idle,
    "readers": measure_readers,
    "operations": measure_operations,
    "similar": measure_similar,
    "statistics": measure_statistics,
    "webhooks": measure_webhooks,
    "analytics": measure_analytics,
    "fleet": measure_many_processes,
    "learning": measure_learning,
    "backfill": measure_backfill,
}
TABLE_COLUMNS = 190


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks, or those that are named."""
    options = _parser().parse_args(arguments)
    names = options.only or list(LINES)
    # Fails at once where the peer is not installed.
    packages = peer_versions() if "peer" in names else {}
    console = Console(width=None if Console().is_terminal else TABLE_COLUMNS)
    today = str(datetime.now(UTC).date())
    with (
        tempfile.TemporaryDirectory(prefix="minilab-bench-") as folder,
        embedded_servers(Path(folder) / "servers") as servers,
    ):
        bench = Bench(servers, Path(folder), usable_processors(), options.quick)
        machine = describe_machine(servers.mongodb_url, servers.redis_url) | packages
        lines = {}
        for name in names:
            console.print(f"· measuring {name}", style="dim")
            section = LINES[name](bench)
            lines[name] = msgspec.structs.replace(section, measured_on=today)
    sections = list(lines.values())
    for some, columns in zip(split_sections(sections), (BESIDE_PEER, BESIDE_LIMITS), strict=True):
        if some:
            console.print(terminal_table(some, columns))
    if options.json:
        write_json(options.json, lines, machine)
    if options.write or not (options.only or options.quick):
        _write(lines, machine)
        console.print("written to docs/benchmarks.md, README.md and figures.json", style="dim")
    for row in missed(sections):
        console.print(f"below its target: {row.name}", style="yellow")


def _write(measured: Mapping[str, Section], machine: Mapping[str, str]) -> None:
    """Write the lines that were measured in the place of their earlier figures."""
    path = ROOT / "benchmarks" / "figures.json"
    known = {**read_json(path), **measured}
    lines = {name: known[name] for name in LINES if name in known}
    write_figures(ROOT / "docs" / "benchmarks.md", list(lines.values()), machine)
    write_short_figures(ROOT / "README.md", list(lines.values()))
    write_json(path, lines, machine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=LINES, help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="small counts, to try it out")
    parser.add_argument("--write", action="store_true", help="write the named lines to the pages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


if __name__ == "__main__":
    main()
