"""``make faults``: inject faults while clients upload, then count the promises that are kept."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import uvloop
from bson import Timestamp

from benchmarks.harness.machine import describe_machine
from benchmarks.harness.receivers import Receivers
from chaos.checks import count_errors, count_open, find_longest_wait, find_orphans
from chaos.inject import Injector
from chaos.keys import make_client_keys
from chaos.load import Clients, Record
from chaos.outcome import Run, Violations, find_violations, lines_of
from chaos.report import Report, open_console, report_parser
from chaos.schedule import plan_rounds
from chaos.system import ADMIN_KEY, DATABASE, Settings, System
from chaos.webhooks import SETTINGS, compare_delivered, count_undelivered, subscribe
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from storage.mongo.client import Client, Database, connect_mongo
from storage.settings import StoreSettings
from storage.verification.walk import Verifier

WORKERS = 2
USERS = 6
CLIENTS_A_USER = 2
POLLERS = 3
DRAIN_SECONDS = 300.0
SWEEP_SECONDS = 60.0
SWEEPING: Settings = {
    "sweep_seconds": 1,
    "orphan_age_seconds": 1,
    "max_upload_seconds": 0.5,
    "fetch_timeout_seconds": 0.5,
    "worker_children": 1,
}
_LOOK_SECONDS = 0.25


class Plan(msgspec.Struct, frozen=True):
    """Parameters of a fault run.

    Attributes:
        seed: Fixes the faults and the uploads.
        rounds: Number of rounds.
        round_seconds: Duration of a round, at least.
        settings: Settings of the service's processes that differ from the defaults.
    """

    seed: int = 1
    rounds: int = 20
    round_seconds: float = 12.0
    settings: Settings = {}


def run_faults(plan: Plan, servers: EmbeddedServers, folder: Path) -> Run:
    """Run the service under faults.

    Args:
        plan: The parameters.
        servers: Servers for this run alone; they are killed and frozen.
        folder: The folder for the logs of the processes.
    """
    return uvloop.run(_run(plan, servers, folder))


async def _run(plan: Plan, servers: EmbeddedServers, folder: Path) -> Run:
    system = System(servers, folder, {**SETTINGS, **plan.settings}, plan.seed, WORKERS)
    client = connect_mongo(
        StoreSettings(mongodb_url=system.mongodb_url, redis_url=servers.redis_url)
    )
    since = (await client.admin.command("ping"))["operationTime"]
    supervising: asyncio.Task[None] | None = None
    try:
        await system.start()
        supervising = asyncio.create_task(system.supervise())
        async with Receivers() as receivers:
            return await _measure(plan, system, client, since, receivers)
    finally:
        if supervising is not None:
            supervising.cancel()
        await system.stop()
        client.close()


async def _measure(
    plan: Plan, system: System, client: Client, since: Timestamp, receivers: Receivers
) -> Run:
    database, record = client[DATABASE], Record()
    users = [f"user-{number // CLIENTS_A_USER}" for number in range(USERS * CLIENTS_A_USER)]
    keys = await make_client_keys(system.url, ADMIN_KEY, users)
    await subscribe(system.url, ADMIN_KEY, receivers)
    clients = Clients(system.url, keys, ADMIN_KEY, record, plan.seed)
    began = time.monotonic()
    faults, last_fault = await _inject_faults(plan, system, clients, record)
    seconds = time.monotonic() - began
    await _until_none(lambda: count_open(database), DRAIN_SECONDS)
    drain_seconds = time.monotonic() - last_fault
    await _until_none(lambda: count_undelivered(database), DRAIN_SECONDS)
    delivery_seconds = time.monotonic() - last_fault
    delivered = await compare_delivered(database, receivers)
    violations = await find_violations(
        client, database, since, record, await clients.poll_open()
    ) | {
        "events lost": delivered.lost,
        "events made twice (sent under two IDs)": delivered.made_twice,
    }
    violations |= await _sweep_and_verify(system, client, database)
    return Run(
        rounds=plan.rounds,
        seconds=seconds,
        faults=dict(sorted(faults.items())),
        answers=dict(sorted(record.answers.items())),
        polls=dict(sorted(record.polls.items())),
        tickets=len(record.tickets),
        repeated=sum(ticket.key is not None for ticket in record.tickets.values()),
        jobs=await database["jobs"].count_documents({}),
        images=await database["images"].count_documents({}),
        errors=dict(await count_errors(database)),
        own_ends=system.own_ends,
        longest_wait_seconds=await find_longest_wait(database),
        longest_outage_seconds=record.longest_outage_seconds,
        drain_seconds=drain_seconds,
        delivery_seconds=delivery_seconds,
        delivered=delivered,
        violations=violations,
    )


async def _inject_faults(
    plan: Plan, system: System, clients: Clients, record: Record
) -> tuple[Counter[str], float]:
    """Inject the faults of all rounds; return their counts and the time of the last one."""
    injector = Injector(system, plan.seed)
    record.begin()
    uploading = asyncio.create_task(clients.run(POLLERS))
    for faults in plan_rounds(plan.seed, plan.rounds, plan.round_seconds):
        await injector.run_round(faults, plan.round_seconds)
    ended = time.monotonic()
    clients.stop()
    await uploading
    return injector.counts, ended


async def _sweep_and_verify(system: System, client: Client, database: Database) -> Violations:
    system.add_worker(SWEEPING)
    await _until_none(lambda: find_orphans(database), SWEEP_SECONDS)
    orphans = await find_orphans(database)
    verification = await Verifier(client, database, timedelta(0), hashes=True).verify()
    return {
        "orphans after the sweep": list(map(str, orphans)),
        "invariants broken (make verify-data)": [
            f"{name}: {ids}" for name, ids in verification.broken.items()
        ],
    }


async def _until_none(count: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Wait until nothing is left, or for so long; the checks afterwards find the rest."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if not await count():
                    return
                await asyncio.sleep(_LOOK_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 if a promise is broken."""
    parser = report_parser("make faults", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each round, at least")
    options = parser.parse_args(arguments)
    plan = Plan(seed=options.seed, rounds=options.rounds, round_seconds=options.seconds)
    console = open_console()
    folder = Path(tempfile.mkdtemp(prefix="minilab-faults-"))
    with embedded_servers(folder / "servers") as servers:
        machine = describe_machine(servers)
        console.print(f"· {plan.rounds} rounds, seed {plan.seed}; logs in {folder}", style="dim")
        run = run_faults(plan, servers, folder)
    command = f"make faults ROUNDS={plan.rounds} SEED={plan.seed} SECONDS={plan.round_seconds:g}"
    Report("faults", "Minilab under faults", command, lines_of(run), machine).show(
        console, options, run
    )
    for name, found in run.broken.items():
        console.print(f"{name}: {found[:10]}", style="bold red", markup=False)
    return 1 if run.broken else 0


if __name__ == "__main__":
    sys.exit(main())
