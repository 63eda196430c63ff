"""The cost of a service without work: commands to MongoDB and processor time, each second."""

import time
from functools import partial
from typing import Any

from pymongo import MongoClient

from benchmarks.harness.meter import cpu_seconds, difference
from benchmarks.harness.service import Bench, Service, running_module, running_service
from benchmarks.rows import Row, Section, figure_at_most

SECONDS = 60
SETTLE_SECONDS = 10
MOST_COMMANDS = 5
MOST_MS = 10
Document = dict[str, Any]
COUNTED = ("insert", "query", "update", "delete", "getmore", "command")


def measure_idle(bench: Bench) -> Section:
    """Let an API, a worker and a deliverer wait for work; before, MongoDB and Redis alone."""
    seconds = bench.count(SECONDS, SECONDS // 6)
    servers = {"MongoDB": bench.servers.mongodb.pid, "Redis": bench.servers.redis.pid}
    alone, _ = _measure(bench, servers, seconds)
    with running_service(bench) as service:
        environment = bench.environment(service.database)
        with running_module(bench, ["tasks.delivery"], environment) as deliverer:
            used, commands = _measure(
                bench, _processes(service) | {"deliverer": deliverer.pid}, seconds
            )
    return Section(
        "API, worker and deliverer without work",
        [
            Row("commands to MongoDB", commands, "/s", target=figure_at_most(MOST_COMMANDS)),
            Row(
                "processor time of all of them each second",
                sum(used.values()),
                "ms",
                sum(alone.values()),
                "MongoDB and Redis without the service",
                figure_at_most(MOST_MS),
            ),
            *(
                Row(f"processor time of {name}", ms, "ms", alone.get(name), detail=True)
                for name, ms in used.items()
            ),
        ],
    )


def _processes(service: Service) -> dict[str, int]:
    return {
        "API": service.api.pid,
        "worker": service.worker.pid,
        "MongoDB": service.servers.mongodb.pid,
        "Redis": service.servers.redis.pid,
    }


def _measure(
    bench: Bench, processes: dict[str, int], seconds: float
) -> tuple[dict[str, float], float]:
    """Measure the processor time of processes, in ms a second, and the commands a second."""
    with MongoClient[Document](
        bench.servers.mongodb_url,
        # Its monitor says hello at the beginning, and not while the others are counted.
        serverMonitoringMode="poll",
        heartbeatFrequencyMS=3_600_000,
    ) as client:
        count = partial(_count_commands, client)
        time.sleep(SETTLE_SECONDS)
        commands, before = count(), {name: cpu_seconds(pid) for name, pid in processes.items()}
        time.sleep(seconds)
        after = {name: cpu_seconds(pid) for name, pid in processes.items()}
        commands = count() - commands - 1  # The first count is one of them.
    used = difference(before, after)
    return {name: 1000 * cpu / seconds for name, cpu in used.items()}, commands / seconds


def _count_commands(client: MongoClient[Document]) -> int:
    counters: dict[str, int] = client.admin.command("serverStatus")["opcounters"]
    return sum(counters[name] for name in COUNTED)
