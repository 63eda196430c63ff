"""``make simulate``: run all cases, and write the tables and pictures of docs/scale.md."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulation.bands import run_all
from simulation.cases import LARGE, known_values, sizes, variants
from simulation.pictures import plot_over_time
from simulation.plan import Case, read_assumptions
from simulation.questions import smallest_fleets, vary_assumptions
from simulation.run import Outcome
from simulation.tables import (
    assumption_table,
    cost_table,
    deployment_table,
    sensitivity_table,
    smallest_table,
    speed_table,
    table,
)
from simulation.validation.run import keep, read_kept, validate
from simulation.validation.trial import Validation, rows_of

DOCS = Path(__file__).parent.parent / "docs"
PAGE, PICTURES = DOCS / "scale.md", DOCS / "simulation"
ARCHITECTURE = DOCS / "architecture.md"
SEEDS = 20
# The sizes, and a zone that is lost.
DEPLOYMENTS = 5

Found = list[tuple[Case, list[Outcome]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, and print or write what they show."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each case")
    parser.add_argument("--print", action="store_true", help="print the tables, write nothing")
    parser.add_argument("--validate", action="store_true", help="run real processes, too")
    options = parser.parse_args(arguments)
    if options.validate:
        keep(validate())
    known = known_values()
    cases = [*sizes(known), *variants(known)]
    found: Found = list(zip(cases, run_all(cases, options.seeds), strict=True))
    rows, base = vary_assumptions(known)
    parts = {
        "speed": speed_table(found),
        "cost": cost_table(found),
        "smallest": smallest_table(smallest_fleets(known)),
        "sensitivity": sensitivity_table(rows, base),
        "assumptions": assumption_table(read_assumptions()),
    }
    if (kept := read_kept()) is not None:
        parts["validation"] = validation_text(kept)
    deployments = {"deployments": deployment_table(found[:DEPLOYMENTS])}
    if options.print:
        print("\n\n".join([*parts.values(), *deployments.values()]))
        return 0
    write_parts(PAGE, parts)
    write_parts(ARCHITECTURE, deployments)
    PICTURES.mkdir(exist_ok=True)
    for name, svg in pictures_of(found).items():
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
    return 0


def write_parts(path: Path, parts: Mapping[str, str]) -> None:
    """Replace the parts of a page that lie between two comments each."""
    page = path.read_text(encoding="utf-8")
    for name, text in parts.items():
        begin, end = f"<!-- simulation, {name}: begin -->\n", f"<!-- simulation, {name}: end -->\n"
        above, rest = page.split(begin)
        below = rest.split(end)[1]
        page = f"{above}{begin}\n{text}\n\n{end}{below}"
    path.write_text(page, encoding="utf-8")


def pictures_of(found: Found) -> dict[str, str]:
    """Draw the pictures, each from the first seed of its cases."""
    first = {case.name: outcomes[0] for case, outcomes in found}
    by_size = {name: run for name, run in first.items() if name.endswith("users")}
    large = f"{LARGE:,} users"
    differing = {
        "all zones": first[large],
        **{name: run for name, run in first.items() if name not in by_size},
    }
    some = {name: differing[name] for name in list(differing)[:4]}
    return {
        "acceptance": plot_over_time(
            "Photos accepted, by number of users",
            {name: run.acceptance for name, run in by_size.items()},
            seconds=120,
            shares=True,
        ),
        "drain": plot_over_time(
            "Photos with their results, by number of users",
            {name: run.drain for name, run in by_size.items()},
            seconds=600,
            shares=True,
        ),
        "drain-of-variants": plot_over_time(
            "Results for 100,000 users, if something goes differently",
            {name: run.drain for name, run in some.items()},
            seconds=900,
            shares=True,
        ),
        "replicas": plot_over_time(
            "Worker pods for 100,000 users",
            {name: run.replicas for name, run in some.items()},
            seconds=1800,
            shares=False,
        ),
    }


def validation_text(kept: Validation) -> str:
    """Write the last validation, and where it ran."""
    on = ", ".join(f"{name}: {value}" for name, value in kept.machine.items())
    return f"On {on}:\n\n{table(rows_of(kept), texts=2)}"


if __name__ == "__main__":
    sys.exit(main())
