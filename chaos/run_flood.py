"""``make flood``: send far more uploads than the service can process at once."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
from pymongo import MongoClient

from benchmarks.harness.clients import in_own_process, upload_and_wait
from benchmarks.harness.machine import describe_machine, usable_cores
from benchmarks.harness.meter import difference, percentile
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import ADMIN_KEY, Bench, Service, running_service
from chaos.checks import IS_OPEN
from chaos.flood_clients import (
    POLLERS,
    FloodAnswers,
    FloodPart,
    Polls,
    count_ended,
    poll,
    send_part,
)
from chaos.keys import make_client_keys
from chaos.memory import Samples, mean_of_ends, watch_memory
from chaos.outcome import Line
from chaos.report import Report, open_console, report_parser
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


class Plan(msgspec.Struct, frozen=True):
    """Parameters of a flood.

    Attributes:
        tenants: Number of keys, each of another user.
        uploads: Number of requests with one small file each.
        seconds: Time in which they are sent.
        bench_files: Number of small photos for the measurements before and after the flood.
    """

    tenants: int
    uploads: int
    seconds: float
    bench_files: int


class Flood(msgspec.Struct, frozen=True):
    """The outcome of a flood.

    Attributes:
        plan: The parameters.
        bench_per_second: Small photos a second, fifty a request, mean of before and after.
        single_per_second: Small photos a second, one a request, before the flood.
        parts: Answers to the sending processes.
        polls: Answers to the polling process.
        begin: Begin of the flood, on the monotonic clock.
        ended: Number of ended jobs.
        drain_per_second: Images a second, from the begin of the flood until all ended.
        after_per_second: Images a second, from the last answer until all ended.
        memory: Samples of each process, in MB.
        answered_samples: Number of samples before the last answer.
        bench_cpu_ms: Processor time of each part for a photo, fifty a request.
        flood_cpu_ms: Processor time of each part for a photo of the flood.
    """

    plan: Plan
    bench_per_second: float
    single_per_second: float
    parts: list[FloodAnswers]
    polls: Polls
    begin: float
    ended: int
    drain_per_second: float
    after_per_second: float
    memory: Samples
    answered_samples: int
    bench_cpu_ms: dict[str, float]
    flood_cpu_ms: dict[str, float]

    @property
    def tickets(self) -> int:
        """Number of accepted uploads."""
        return sum(len(part.tickets) for part in self.parts)


def run_flood(plan: Plan, bench: Bench) -> Flood:
    """Measure the rate of the machine, then flood a service and wait until all jobs end."""
    with running_service(bench) as service:
        url = f"http://{service.address.host}:{service.address.port}"
        tenants = [f"tenant-{number}" for number in range(plan.tenants)]
        keys = asyncio.run(make_client_keys(url, ADMIN_KEY, tenants))
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
            answered_samples = len(memory["API"])
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
            drain_per_second=_rate(ends, begin),
            after_per_second=_rate(ends, answered_at),
            memory=memory,
            answered_samples=answered_samples,
            bench_cpu_ms={part: 1000 * s / len(fifty) for part, s in bench_cpu.items()},
            flood_cpu_ms={part: 1000 * s / max(1, len(ends)) for part, s in flood_cpu.items()},
        )


def _send(
    plan: Plan, service: Service, keys: list[str], photos: list[Path], begin: float
) -> tuple[list[FloodAnswers], Polls]:
    """Send the flood from several processes and poll from another one."""
    share = plan.uploads // SENDERS
    flood = [
        FloodPart(keys, photos, sender * share, share, begin, plan.seconds)
        for sender in range(SENDERS)
    ]
    with ThreadPoolExecutor(SENDERS + 1) as threads:
        polling = threads.submit(
            in_own_process, poll, service.address, photos[:POLLERS], begin, POLL_SECONDS
        )
        sending = [
            threads.submit(in_own_process, send_part, service.address, part) for part in flood
        ]
        return [part.result() for part in sending], polling.result()


def _until_drained(service: Service, begin: float) -> list[float]:
    """Wait until all jobs have ended.

    Returns:
        The end of each image of the flood, on the monotonic clock, ordered.
    """
    to_monotonic = time.monotonic() - time.time()
    deadline = time.monotonic() + DRAIN_SECONDS
    with MongoClient[dict[str, Any]](service.servers.mongodb_url, tz_aware=True) as client:
        images, jobs = client[service.database]["images"], client[service.database]["jobs"]
        while any(of.find_one(IS_OPEN) for of in (images, jobs)) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        of_tenants = {"user_id": {"$ne": ADMIN_USER}}  # The polling client uploads as an admin.
        ended = images.find({"finished_at": {"$ne": None}, **of_tenants}, {"finished_at": 1})
        times = (image["finished_at"].timestamp() + to_monotonic for image in ended)
        return sorted(moment for moment in times if moment >= begin)


def _rate(ends: list[float], since: float) -> float:
    """Compute the ends a second, from a moment until the last end."""
    later = [moment for moment in ends if moment >= since]
    return len(later) / (later[-1] - since) if later else 0.0


def lines_of(flood: Flood) -> list[Line]:
    """Make the rows of the table."""
    answered_at = max(part.answered_at for part in flood.parts)
    during = [seconds for at, seconds in flood.polls.seconds if at < answered_at]
    after = [seconds for at, seconds in flood.polls.seconds if at >= answered_at]
    return [
        *_answer_lines(flood, answered_at - flood.begin),
        Line("tickets that ended", f"{flood.ended:,}", kept=flood.ended == flood.tickets),
        *_rate_lines(flood),
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


def _rate_lines(flood: Flood) -> list[Line]:
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


def _memory_lines(memory: Samples, answered: int) -> list[Line]:
    lines = []
    for name, samples in memory.items():
        first, last = mean_of_ends(samples[answered:])
        value = f"{samples[0]:.0f}, {first:.0f} → {last:.0f} MB"
        whose = name.rsplit(" ", 1)[0] if "child" in name else name
        what = f"memory of {whose}, before; all answered → drained"
        lines.append(Line(what, value, kept=last <= FLAT * first))
    return lines


def _p50_p99(seconds: list[float]) -> str:
    if len(seconds) < _LEAST_SAMPLES:
        return "too few"
    return " and ".join(f"{1000 * percentile(seconds, share):,.0f}" for share in (50, 99)) + " ms"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 if a promise is broken."""
    parser = report_parser("make flood", __doc__)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="time of all uploads")
    parser.add_argument("--bench-files", type=int, default=1000, help="photos of a measurement")
    options = parser.parse_args(arguments)
    plan = Plan(options.tenants, options.uploads, options.seconds, options.bench_files)
    with (
        tempfile.TemporaryDirectory(prefix="minilab-flood-") as name,
        embedded_servers(Path(name) / "servers") as servers,
    ):
        machine = describe_machine(servers)
        flood = run_flood(plan, Bench(servers, Path(name), usable_cores(), quick=False))
    lines = lines_of(flood)
    report = Report("flood", "Minilab in a flood", "make flood", lines, machine)
    report.show(open_console(), options, flood)
    return 1 if any(line.kept is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
