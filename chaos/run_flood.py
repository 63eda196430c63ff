"""``make flood``: send far more uploads than the service can process at once."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from pymongo import MongoClient

from benchmarks.harness.clients import in_own_process, upload_and_wait
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.meter import difference
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
from chaos.flood_outcome import Flood, Plan, lines_of
from chaos.keys import make_client_keys
from chaos.memory import watch_memory
from chaos.report import Report, open_console, report_parser
from deploy.servers.embedded import embedded_servers
from domain.keys import ADMIN_USER
from sandbox.processors import usable_processors

SENDERS = 2
BENCH_CLIENTS = 4
WARM_UP_FILES = 16
HEAD_START_SECONDS = 5.0
POLL_SECONDS = 60.0
DRAIN_SECONDS = 900.0
_LOOK_SECONDS = 1.0


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
        machine = describe_machine(servers.mongodb_url, servers.redis_url)
        flood = run_flood(plan, Bench(servers, Path(name), usable_processors(), quick=False))
    lines = lines_of(flood)
    report = Report("flood", "Minilab in a flood", "make flood", lines, machine)
    report.show(open_console(), options, flood)
    return 1 if any(line.kept is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
