"""``make faults``: break everything while clients upload, then count what was promised."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import uvloop
from bson import Timestamp
from rich.console import Console

from benchmarks.harness.machine import describe_machine
from benchmarks.harness.receivers import Receivers
from chaos.books import count_open, find_orphans
from chaos.inject import Injector
from chaos.listeners import SETTINGS as LISTENERS
from chaos.listeners import count_untold, look_at_told, make_listeners
from chaos.load import Clients, Record
from chaos.outcome import Run, conclude, lines_of, look_through
from chaos.report import terminal_table, write_part
from chaos.schedule import plan_rounds
from chaos.system import ADMIN_KEY, DATABASE, Settings, System
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from storage.mongo.client import Client, connect_mongo
from storage.settings import StoreSettings
from storage.verification import Verifier

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
    "worker_children": 1,
}
_LOOK_SECONDS = 0.25
_TABLE_COLUMNS = 120


class Plan(msgspec.Struct, frozen=True):
    """What to run.

    Attributes:
        seed: The same one gives the same faults and the same uploads.
        rounds: How many rounds of faults.
        round_seconds: How long each is, at least.
        settings: What our processes are told beside their defaults.
    """

    seed: int = 1
    rounds: int = 20
    round_seconds: float = 12.0
    settings: Settings = {}


def run_faults(plan: Plan, servers: EmbeddedServers, folder: Path) -> Run:
    """Run the service under faults.

    Args:
        plan: What to run.
        servers: Of this run alone; they are killed and frozen.
        folder: Where the processes log.
    """
    return uvloop.run(_run(plan, servers, folder))


async def _run(plan: Plan, servers: EmbeddedServers, folder: Path) -> Run:
    settings = {**LISTENERS, **plan.settings}
    system = System(servers, folder, settings, plan.seed, WORKERS)
    client = connect_mongo(
        StoreSettings(mongodb_url=system.mongodb_url, redis_url=servers.redis_url)
    )
    since = (await client.admin.command("ping"))["operationTime"]
    supervising: asyncio.Task[None] | None = None
    try:
        await system.start()
        supervising = asyncio.create_task(system.supervise())
        async with Receivers() as receivers:
            return await _put_through(plan, system, client, since, receivers)
    finally:
        if supervising is not None:
            supervising.cancel()
        await system.stop()
        client.close()


async def _put_through(
    plan: Plan, system: System, client: Client, since: Timestamp, receivers: Receivers
) -> Run:
    database, record = client[DATABASE], Record()
    keys = await _make_keys(system.url)
    await make_listeners(system.url, ADMIN_KEY, receivers)
    clients = Clients(system.url, keys, ADMIN_KEY, record, plan.seed)
    injector = Injector(system, plan.seed)
    began = time.monotonic()
    record.begin()
    uploading = asyncio.create_task(clients.run(POLLERS))
    for faults in plan_rounds(plan.seed, plan.rounds, plan.round_seconds):
        await injector.run_round(faults, plan.round_seconds)
    ended = time.monotonic()
    clients.stop()
    await uploading
    seconds = time.monotonic() - began
    await _until_none(lambda: count_open(database), DRAIN_SECONDS)
    drain_seconds = time.monotonic() - ended
    await _until_none(lambda: count_untold(database), DRAIN_SECONDS)
    tell_seconds = time.monotonic() - ended
    told = await look_at_told(database, receivers)
    still_open = await clients.poll_open()
    books = await look_through(client, database, since, record, still_open)
    books.events_lost.extend(told.lost)
    books.events_made_twice.extend(told.made_twice)
    system.add_worker(SWEEPING)
    await _until_none(lambda: find_orphans(database), SWEEP_SECONDS)
    books.orphans.extend(map(str, await find_orphans(database)))
    verification = await Verifier(client, database, timedelta(0), hashes=True).verify()
    books.invariants.extend(f"{name}: {ids}" for name, ids in verification.broken.items())
    return await conclude(
        database,
        record,
        books,
        rounds=plan.rounds,
        seconds=seconds,
        faults=injector.counts,
        own_ends=system.own_ends,
        drain_seconds=drain_seconds,
        tell_seconds=tell_seconds,
        told=told,
    )


async def _make_keys(url: str) -> list[str]:
    """Make a key for each user, who uploads with several clients."""
    keys = []
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for number in range(USERS):
            body = {"role": "client", "user_id": f"user-{number}"}
            answer = await client.post("/v1/api-keys", json=body)
            answer.raise_for_status()
            keys += [answer.json()["key"]] * CLIENTS_A_USER
    return keys


async def _until_none(count: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Wait until nothing is left; what is after the longest wait is found afterwards."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if not await count():
                    return
                await asyncio.sleep(_LOOK_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print the table, and say whether every promise was kept."""
    options = _parser().parse_args(arguments)
    plan = Plan(seed=options.seed, rounds=options.rounds, round_seconds=options.seconds)
    console = Console(width=None if Console().is_terminal else _TABLE_COLUMNS)
    folder = Path(tempfile.mkdtemp(prefix="minilab-faults-"))
    with embedded_servers(folder / "servers") as servers:
        machine = describe_machine(servers)
        console.print(f"· {plan.rounds} rounds, seed {plan.seed}; logs in {folder}", style="dim")
        run = run_faults(plan, servers, folder)
    lines = lines_of(run)
    console.print(terminal_table("Minilab under faults", lines))
    for name, found in run.books.broken.items():
        console.print(f"{name}: {found[:10]}", style="bold red", markup=False)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    if options.write:
        seconds = f" SECONDS={plan.round_seconds:g}"
        command = f"make faults ROUNDS={plan.rounds} SEED={plan.seed}{seconds}"
        write_part("faults", command, lines, machine)
    return 1 if run.books.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each round, at least")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    parser.add_argument("--write", action="store_true", help="write the table to docs/faults.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
