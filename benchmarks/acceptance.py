"""Line 3: durably accepted requests, beside a route that only parses and hashes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.harness.clients import Visit, drop_off, in_own_process
from benchmarks.harness.http_client import Address
from benchmarks.harness.meter import difference
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, Service, running_bare_upload, running_service
from benchmarks.rows import Row, Section, Target

PHOTOS = 100
CASES = ((1, 16, 0.13), (50, 4, 0.12))
WITH_KEY = Target(0.7)


def measure_acceptance(bench: Bench) -> Section:
    """Upload files as fast as they are accepted, with the worker stopped."""
    paths = write_small(bench.folder / "drop-off", PHOTOS, 3)
    rows = [row for case in CASES for row in _measure(bench, paths, *case)]
    return Section("tickets given, worker stopped", rows)


def _measure(bench: Bench, paths: list[Path], files: int, clients: int, least: float) -> list[Row]:
    seconds = bench.count(10, 3)

    def visit(address: Address, *, with_key: bool = False) -> Visit:
        return in_own_process(
            drop_off, address, "/v1/jobs", paths, clients, files, seconds, with_key=with_key
        )

    with running_service(bench) as service, running_bare_upload(bench) as bare:
        service.worker.stop()
        bare_before = visit(bare)
        accepted, cpu = _metered(service, partial(visit, service.address))
        limit = fmean([bare_before.per_second, visit(bare).per_second])
        keyed, keyed_cpu = _metered(service, partial(visit, service.address, with_key=True))
        without = fmean([accepted.per_second, visit(service.address).per_second])
    one = f"{files} file" + ("s" if files > 1 else "")
    name, unit = f"requests accepted and durable, {one}, {clients} clients", "requests/s"
    bare_route = "a bare route that parses and hashes"
    same = "the same without the key"
    return [
        Row(name, accepted.per_second, unit, limit, bare_route, Target(least)),
        *_cpu_rows(accepted, seconds, cpu),
        Row(f"{name}, Idempotency-Key", keyed.per_second, unit, without, same, WITH_KEY),
        *_cpu_rows(keyed, seconds, keyed_cpu),
    ]


def _cpu_rows(visit: Visit, seconds: float, cpu: dict[str, float]) -> list[Row]:
    requests = visit.per_second * (seconds + 1)
    return [
        Row(f"processor time of {part}", 1000 * spent / requests, "ms/request", detail=True)
        for part, spent in cpu.items()
    ]


def _metered(service: Service, visit: Callable[[], Visit]) -> tuple[Visit, dict[str, float]]:
    before = service.cpu_seconds()
    done = visit()
    return done, difference(before, service.cpu_seconds())
