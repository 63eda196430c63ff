"""The outcome of a fleet run: that of any fault run, and the longest wait of each fault."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import msgspec

from chaos.fleet.inject import Injected
from chaos.fleet.schedule import Kind
from chaos.outcome import Line, Run, lines_of


class FaultWait(msgspec.Struct, frozen=True):
    """What clients felt from the begin of a fault to that of the next one.

    Attributes:
        kind: The fault.
        healing_seconds: Until all was as before.
        outage_seconds: Longest time between two tickets of all clients.
        wait_seconds: Longest time from the creation of a job to its end.
    """

    kind: Kind
    healing_seconds: float
    outage_seconds: float
    wait_seconds: float


class FleetRun(msgspec.Struct, frozen=True):
    """A fleet run.

    Attributes:
        run: What any fault run counts.
        faults: Each fault that was injected.
        start_seconds: How long workers took to start while the others worked.
    """

    run: Run
    faults: list[FaultWait]
    start_seconds: list[float]


def find_waits(run: Run, injected: Sequence[Injected]) -> list[FaultWait]:
    """Find the waits of each fault."""
    ends = [*(one.begun for one in injected[1:]), float("inf")]
    return [
        FaultWait(
            one.kind,
            one.healed - one.begun,
            longest_gap(run.ticket_times, one.begun, end),
            max((wait for made, wait in run.waits if one.begun <= made < end), default=0.0),
        )
        for one, end in zip(injected, ends, strict=True)
    ]


def longest_gap(times: Iterable[float], begin: float, end: float) -> float:
    """Compute the longest time between two moments, within a begin and an end.

    Args:
        times: The moments, ordered.
        begin: Counts as a moment.
        end: Counts as a moment, unless it is infinite.
    """
    within = [begin, *(time for time in times if begin < time < end)]
    if end != float("inf"):
        within.append(end)
    return max((later - earlier for earlier, later in pairwise(within)), default=0.0)


def lines_of_fleet(found: FleetRun) -> list[Line]:
    """Make the rows of the table: the waits of each fault follow all others."""
    lines = lines_of(found.run)
    for name, field in (
        ("no ticket for any client: median and longest, by fault", "outage_seconds"),
        ("from the ticket to the end: median and longest, by fault", "wait_seconds"),
    ):
        lines.append(Line(name, ""))
        for kind in Kind:
            seconds = [getattr(one, field) for one in found.faults if one.kind is kind]
            if seconds:
                value = f"{median(seconds):.1f} and {max(seconds):.1f} s"
                lines.append(Line(kind, value, detail=True))
    return lines


def write_waits(path: Path, found: FleetRun, machine: Mapping[str, str]) -> None:
    """Write how long each fault was felt, as JSON."""
    values = {"machine": machine, "faults": found.faults, "start_seconds": found.start_seconds}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")
