"""The tables of docs/scale.md."""

from collections.abc import Sequence

from simulation.bands import band
from simulation.cost import BURSTS, dollars_a_month
from simulation.plan import Assumption, Case
from simulation.run import Outcome

Row = tuple[str, ...]
TARGET_ACCEPTED_SECONDS, TARGET_DONE_SECONDS = 60.0, 600.0
_HALF, _NINE_TENTHS, _NINETY_NINE, _ALL = range(4)


def table(rows: Sequence[Row], texts: int = 1) -> str:
    """Write rows as Markdown; the first is the heading.

    Args:
        rows: The rows.
        texts: Number of columns on the left that are texts.
    """
    heading, *others = rows
    rules = tuple("---" if column < texts else "---:" for column in range(len(heading)))
    return "\n".join("| " + " | ".join(row) + " |" for row in [heading, rules, *others])


def speed_table(found: Sequence[tuple[Case, Sequence[Outcome]]]) -> str:
    """Write how fast photos are accepted and done, each with its band over the seeds."""
    rows: list[Row] = [
        (
            "case",
            "API and worker pods, at most",
            "99 % accepted",
            "all accepted",
            "all done",
            "from the 202 to the result, p50",
            "p99",
            "refusals a photo",
            "never accepted",
        )
    ]
    for case, runs in found:
        rows.append(
            (
                case.name,
                f"{max(run.most_apis for run in runs)} and {max(run.most_workers for run in runs)}",
                _seconds(runs, lambda run: run.accepted[_NINETY_NINE]),
                _seconds(runs, lambda run: run.accepted[_ALL]),
                _seconds(runs, lambda run: run.done[_ALL]),
                _seconds(runs, lambda run: run.waits[_HALF]),
                _seconds(runs, lambda run: run.waits[_NINETY_NINE]),
                f"{band(runs, lambda run: run.refusals).middle:.1f}",
                f"{band(runs, lambda run: run.given_up).middle:,.0f}",
            )
        )
    return table(rows)


def deployment_table(found: Sequence[tuple[Case, Sequence[Outcome]]]) -> str:
    """Write what some cases need, reach and cost."""
    rows: list[Row] = [
        (
            "case",
            "cores in the burst",
            "99 % accepted",
            "all done",
            "a month",
            "1,000 photos",
        )
    ]
    for case, runs in found:
        kinds = (case.fleet.api, case.fleet.worker)
        pods = max(run.most_apis for run in runs), max(run.most_workers for run in runs)
        cores = sum(most * kind.cores for most, kind in zip(pods, kinds, strict=True))
        dollars = sum(dollars_a_month(case, runs[0]).values())
        rows.append(
            (
                case.name,
                f"{cores:,.0f}",
                _seconds(runs, lambda run: run.accepted[_NINETY_NINE]),
                _seconds(runs, lambda run: run.done[_ALL]),
                f"${dollars:,.0f}",
                _of_photos(dollars, case),
            )
        )
    return table(rows)


def cost_table(found: Sequence[tuple[Case, Sequence[Outcome]]]) -> str:
    """Write what the fleets cost a month."""
    bills = [(case, dollars_a_month(case, runs[0]), runs) for case, runs in found]
    parts = list(bills[0][1])
    rows: list[Row] = [("case", "core-hours a burst", *parts, "a month", "1,000 photos")]
    for case, bill, runs in bills:
        hours = band(runs, lambda run: run.worker_core_hours + run.api_core_hours).middle
        total = sum(bill.values())
        rows.append(
            (
                case.name,
                f"{hours:,.1f}",
                *(f"${bill[part]:,.0f}" for part in parts),
                f"${total:,.0f}",
                _of_photos(total, case),
            )
        )
    return table(rows)


def assumption_table(assumptions: dict[str, Assumption]) -> str:
    """Write what was not measured."""
    return table(
        [
            ("assumption", "value", "where it is from"),
            *(
                (name.replace("_", " "), f"{one.value:g} {one.unit}".strip(), one.source)
                for name, one in assumptions.items()
            ),
        ]
    )


def sensitivity_table(rows: Sequence[tuple[str, Outcome, Outcome]], base: Outcome) -> str:
    """Write what half and twice an assumption change."""
    lines: list[Row] = [
        ("assumption", "99 % accepted, at half and twice", "all done, at half and twice")
    ]
    for name, half, twice in rows:
        lines.append(
            (
                name.replace("_", " "),
                _both(half.accepted[_NINETY_NINE], twice.accepted[_NINETY_NINE]),
                _both(half.done[_ALL], twice.done[_ALL]),
            )
        )
    as_assumed = (f"{base.accepted[_NINETY_NINE]:.0f} s", f"{base.done[_ALL]:.0f} s")
    return table([*lines, ("*as assumed*", *as_assumed)])


def smallest_table(rows: Sequence[tuple[str, Case, Outcome]]) -> str:
    """Write the smallest fleets that reach a target."""
    lines: list[Row] = [
        ("target", "API pods", "worker pods", "99 % accepted", "all done", "a month")
    ]
    for name, case, outcome in rows:
        lines.append(
            (
                name,
                f"{case.fleet.api.burst}",
                f"{case.fleet.worker.burst}",
                f"{outcome.accepted[_NINETY_NINE]:.0f} s",
                f"{outcome.done[_ALL]:.0f} s",
                f"${sum(dollars_a_month(case, outcome).values()):,.0f}",
            )
        )
    return table(lines)


def _of_photos(dollars: float, case: Case) -> str:
    return f"${dollars / case.users / BURSTS * 1000:.2f}"


def _both(half: float, twice: float) -> str:
    first, second = ("never" if one == float("inf") else f"{one:.0f} s" for one in (half, twice))
    return f"{first} and {second}"


def _seconds(runs: Sequence[Outcome], figure) -> str:  # type: ignore[no-untyped-def]
    found = band(runs, figure)
    if found.middle == float("inf"):
        return "never"
    digits = 1 if found.middle < 10 else 0
    low, high = f"{found.low:.{digits}f}", f"{found.high:.{digits}f}"
    middle = f"{found.middle:.{digits}f} s"
    return middle if low == high else f"{middle} ({low} to {high})"
