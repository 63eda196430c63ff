"""``make flood``: far more uploads than can be done at once; each gets a clear answer."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import msgspec
from pymongo import MongoClient
from rich.console import Console

from benchmarks.harness.clients import in_own_process, upload_and_wait
from benchmarks.harness.machine import describe_machine, usable_cores
from benchmarks.harness.meter import difference
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, Service, running_service
from chaos.books import IS_OPEN
from chaos.flood_clients import POLLERS, Drop, Dropped, Polls, count_ended, drop, make_keys, poll
from chaos.memory import thirds, watch_memory
from chaos.outcome import Line
from chaos.report import terminal_table, write_part
from deploy.servers.embedded import embedded_servers
from domain.keys import ADMIN_USER

SENDERS = 2
BENCH_CLIENTS = 4
WARM_UP_FILES = 16
HEAD_START_SECONDS = 5.0
POLL_SECONDS = 60.0
DRAIN_SECONDS = 900.0
LEAST_RATIO = 0.8
FLAT = 1.2
ALLOWED = {"202", "429", "503"}
_LOOK_SECONDS = 1.0
_LEAST_SAMPLES = 10
_TABLE_COLUMNS = 120


class Plan(msgspec.Struct, frozen=True):
    """How large the flood is.

    Attributes:
        tenants: Keys, each of a user of its own.
        uploads: Requests of one small file each.
        seconds: In which time they are sent.
        bench_files: Small photos that are measured with, before and again afterwards.
    """

    tenants: int
    uploads: int
    seconds: float
    bench_files: int


class Flood(msgspec.Struct, frozen=True):
    """What came of a flood.

    Attributes:
        plan: How large it was.
        bench_per_second: Small photos a second, uploaded fifty at a time, mean of before the
            flood and after it.
        single_per_second: Uploaded one at a time, before it.
        parts: What the sending processes saw.
        polls: What the polling process saw.
        begin: When the flood began, on the monotonic clock.
        ended: Tickets that ended.
        drain_per_second: Images a second, from the begin of the flood until all had ended.
        after_per_second: Images a second, from the last answer until all had ended.
        memory: Samples of each process, in MB.
        answered_samples: How many of them were taken before the last answer.
        bench_cpu_ms: Processor time of each part for a photo, uploaded fifty at a time.
        flood_cpu_ms: The same for one of the flood.
    """

    plan: Plan
    bench_per_second: float
    single_per_second: float
    parts: list[Dropped]
    polls: Polls
    begin: float
    ended: int
    drain_per_second: float
    after_per_second: float
    memory: dict[str, list[float]]
    answered_samples: int
    bench_cpu_ms: dict[str, float]
    flood_cpu_ms: dict[str, float]

    @property
    def tickets(self) -> int:
        """How many uploads were accepted."""
        return sum(len(part.tickets) for part in self.parts)


def run_flood(plan: Plan, bench: Bench) -> Flood:
    """Measure the pace of the machine, then flood a service and wait until it has drained."""
    with running_service(bench) as service:
        keys = in_own_process(make_keys, service.address, plan.tenants)
        warm_up = write_small(bench.folder / "warm-up", WARM_UP_FILES, 2)
        in_own_process(upload_and_wait, service.address, warm_up, BENCH_CLIENTS, 4)
        photos = write_small(bench.folder / "photos", 3 * plan.bench_files, 1)
        fifty, single, again = (photos[part::3] for part in range(3))
        idle = service.cpu_seconds()
        rate = in_own_process(upload_and_wait, service.address, fifty, BENCH_CLIENTS, 50)
        bench_cpu = difference(idle, service.cpu_seconds())
        one = in_own_process(upload_and_wait, service.address, single, 4 * BENCH_CLIENTS, 1)
        watched = {"API": service.api.pid, "worker": service.worker.pid}
        before = service.cpu_seconds()
        with watch_memory(watched) as memory:
            begin = time.monotonic() + HEAD_START_SECONDS
            parts, polls = _send(plan, service, keys, photos, begin)
            answered_at = max(part.answered_at for part in parts)
            answered_samples = len(memory.samples["API"])
            ends = _until_drained(service, begin)
        flood_cpu = difference(before, service.cpu_seconds())
        tickets = [ticket for part in parts for ticket in part.tickets]
        later = in_own_process(upload_and_wait, service.address, again, BENCH_CLIENTS, 50)
        return Flood(
            plan=plan,
            bench_per_second=fmean([rate.per_second, later.per_second]),
            single_per_second=one.per_second,
            parts=parts,
            polls=polls,
            begin=begin,
            ended=in_own_process(count_ended, service.address, tickets),
            drain_per_second=_pace(ends, begin),
            after_per_second=_pace(ends, answered_at),
            memory=memory.samples,
            answered_samples=answered_samples,
            bench_cpu_ms={part: 1000 * s / len(fifty) for part, s in bench_cpu.items()},
            flood_cpu_ms={part: 1000 * s / max(1, len(ends)) for part, s in flood_cpu.items()},
        )


def _send(
    plan: Plan, service: Service, keys: list[str], photos: list[Path], begin: float
) -> tuple[list[Dropped], Polls]:
    """Send the flood from several processes, and poll from another one."""
    share = plan.uploads // SENDERS
    drops = [
        Drop(keys, photos, sender * share, share, begin, plan.seconds) for sender in range(SENDERS)
    ]
    with ThreadPoolExecutor(SENDERS + 1) as threads:
        polling = threads.submit(
            in_own_process, poll, service.address, photos[:POLLERS], begin, POLL_SECONDS
        )
        sending = [threads.submit(in_own_process, drop, service.address, part) for part in drops]
        return [part.result() for part in sending], polling.result()


def _until_drained(service: Service, begin: float) -> list[float]:
    """Wait until nothing is open.

    Returns:
        When each image of a tenant ended, on the monotonic clock, since the flood began.
    """
    to_monotonic = time.monotonic() - time.time()
    deadline = time.monotonic() + DRAIN_SECONDS
    with MongoClient[dict[str, Any]](service.servers.mongodb_url, tz_aware=True) as client:
        images, jobs = client[service.database]["images"], client[service.database]["jobs"]
        while any(of.find_one(IS_OPEN) for of in (images, jobs)) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        of_tenants = {"user_id": {"$ne": ADMIN_USER}}  # Who polls uploads as an admin.
        ended = images.find({"finished_at": {"$ne": None}, **of_tenants}, {"finished_at": 1})
        times = (image["finished_at"].timestamp() + to_monotonic for image in ended)
        return sorted(moment for moment in times if moment >= begin)


def _pace(ends: list[float], since: float) -> float:
    """Give how many ended a second, from a moment until the last one did."""
    later = [moment for moment in ends if moment >= since]
    return len(later) / (later[-1] - since) if later else 0.0


def lines_of(flood: Flood) -> list[Line]:
    """Write the rows of the table."""
    answered_at = max(part.answered_at for part in flood.parts)
    during = [seconds for at, seconds in flood.polls.seconds if at < answered_at]
    after = [seconds for at, seconds in flood.polls.seconds if at >= answered_at]
    return [
        *_answer_lines(flood, answered_at - flood.begin),
        Line("tickets that ended", f"{flood.ended:,}", kept=flood.ended == flood.tickets),
        *_pace_lines(flood),
        Line("status poll during the flood, p50 and p99", _p50_p99(during)),
        Line("status poll while it drains, p50 and p99", _p50_p99(after)),
        *_memory_lines(flood.memory, flood.answered_samples),
    ]


def _answer_lines(flood: Flood, answered_seconds: float) -> list[Line]:
    answers = sum((Counter(part.answers) for part in flood.parts), Counter[str]())
    times = [seconds for part in flood.parts for seconds in part.answer_seconds]
    sent_seconds = max(part.sent_at for part in flood.parts) - flood.begin
    plan = flood.plan
    return [
        Line("tenants", f"{plan.tenants:,}"),
        Line("uploads, a connection each", f"{plan.uploads:,} sent in {sent_seconds:.1f} s"),
        *(
            Line(f"answered {name}", f"{count:,}", kept=name in ALLOWED)
            for name, count in sorted(answers.items())
        ),
        Line("last answer after", f"{answered_seconds:.1f} s"),
        Line("time to an answer, p50 and p99", _p50_p99(times), detail=True),
    ]


def _pace_lines(flood: Flood) -> list[Line]:
    fifty, single = flood.bench_per_second, flood.single_per_second
    ratio = flood.after_per_second / fifty
    return [
        Line("small photos before and afterwards, 50 a request", f"{fifty:.0f} a s"),
        Line("small photos before the flood, 1 a request", f"{single:.0f} a s"),
        Line("drained, after the last answer of the flood", f"{flood.after_per_second:.0f} a s"),
        Line(
            f"the same ÷ that, 50 a request (≥ {LEAST_RATIO})",
            f"{ratio:.2f}",
            kept=ratio >= LEAST_RATIO,
        ),
        Line("drained, while it takes uploads in as well", f"{flood.drain_per_second:.0f} a s"),
        Line(
            "the same ÷ that, 50 and 1 a request",
            f"{flood.drain_per_second / fifty:.2f} and {flood.drain_per_second / single:.2f}",
        ),
        *(
            Line(
                f"processor time of {part}, before (50 a request) → flood",
                f"{flood.bench_cpu_ms[part]:.1f} → {ms:.1f} ms",
                detail=True,
            )
            for part, ms in flood.flood_cpu_ms.items()
        ),
    ]


def _memory_lines(memory: dict[str, list[float]], answered: int) -> list[Line]:
    lines = []
    for name, samples in memory.items():
        first, last = thirds(samples[answered:])
        value = f"{samples[0]:.0f}, {first:.0f} → {last:.0f} MB"
        whose = name.rsplit(" ", 1)[0] if "child" in name else name
        what = f"memory of {whose}, before; all answered → drained"
        lines.append(Line(what, value, kept=last <= FLAT * first))
    return lines


def _p50_p99(seconds: list[float]) -> str:
    if len(seconds) < _LEAST_SAMPLES:
        return "too few"
    hundredths = quantiles(seconds, n=100)
    return f"{1000 * hundredths[49]:,.0f} and {1000 * hundredths[98]:,.0f} ms"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print the table, and say whether all of it is as promised."""
    options = _parser().parse_args(arguments)
    plan = Plan(options.tenants, options.uploads, options.seconds, options.bench_files)
    console = Console(width=None if Console().is_terminal else _TABLE_COLUMNS)
    with (
        tempfile.TemporaryDirectory(prefix="minilab-flood-") as name,
        embedded_servers(Path(name) / "servers") as servers,
    ):
        machine = describe_machine(servers)
        flood = run_flood(plan, Bench(servers, Path(name), usable_cores(), quick=False))
    lines = lines_of(flood)
    console.print(terminal_table("Minilab in a flood", lines))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(flood))
    if options.write:
        write_part("flood", "make flood", lines, machine)
    return 1 if any(line.kept is False for line in lines) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make flood", description=__doc__)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="in which they are sent")
    parser.add_argument("--bench-files", type=int, default=1000, help="measured with, twice")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    parser.add_argument("--write", action="store_true", help="write the table to docs/faults.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
