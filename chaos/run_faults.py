"""``make faults``: inject faults while clients upload, then count the promises that are kept."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
import uvloop

from benchmarks.harness.machine import describe_machine
from chaos.inject import Injector
from chaos.measure import measure
from chaos.outcome import Run, lines_of
from chaos.report import Report, open_console, report_parser
from chaos.schedule import plan_rounds
from chaos.supervised import Settings
from chaos.system import System
from chaos.webhooks import SETTINGS
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from deploy.servers.seaweedfs import ObjectServers, object_servers

WORKERS = 2


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


def run_faults(
    plan: Plan, servers: EmbeddedServers, folder: Path, objects: ObjectServers | None = None
) -> Run:
    """Run the service under faults.

    Args:
        plan: The parameters.
        servers: Servers for this run alone; they are killed and frozen.
        folder: The folder for the logs of the processes.
        objects: An S3 server for this run alone, which keeps large files; None: MongoDB does.
    """
    if objects is not None:  # Here and in the processes, as every client of S3 looks for them.
        os.environ.update(objects.credentials)
    return uvloop.run(_run(plan, servers, folder, objects))


async def _run(
    plan: Plan, servers: EmbeddedServers, folder: Path, objects: ObjectServers | None
) -> Run:
    settings = {**SETTINGS, **plan.settings}
    system = System(servers, folder, settings, plan.seed, WORKERS, objects)
    rounds = plan_rounds(
        plan.seed, plan.rounds, plan.round_seconds, with_objects=objects is not None
    )

    async def inject() -> Counter[str]:
        injector = Injector(system, plan.seed)
        for faults in rounds:
            await injector.run_round(faults, plan.round_seconds)
        return injector.counts

    return await measure(system, plan.seed, plan.rounds, inject)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 if a promise is broken."""
    parser = report_parser("make faults", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", choices=["gridfs", "s3"], default="gridfs", help="of bytes")
    parser.add_argument("--seconds", type=float, default=12.0, help="of each round, at least")
    options = parser.parse_args(arguments)
    plan = Plan(seed=options.seed, rounds=options.rounds, round_seconds=options.seconds)
    console = open_console()
    folder = Path(tempfile.mkdtemp(prefix="minilab-faults-"))
    with ExitStack() as stack:
        servers = stack.enter_context(embedded_servers(folder / "servers"))
        objects = None
        if options.store == "s3":
            objects = stack.enter_context(object_servers(folder / "objects"))
        machine = describe_machine(servers.mongodb_url, servers.redis_url)
        console.print(f"· {plan.rounds} rounds, seed {plan.seed}; logs in {folder}", style="dim")
        run = run_faults(plan, servers, folder, objects)
    command = f"make faults ROUNDS={plan.rounds} SEED={plan.seed} SECONDS={plan.round_seconds:g}"
    command += " STORE=s3" if objects else ""
    part = "faults-s3" if objects else "faults"
    Report(part, "Minilab under faults", command, lines_of(run), machine).show(
        console, options, run
    )
    for name, found in run.broken.items():
        console.print(f"{name}: {found[:10]}", style="bold red", markup=False)
    return 1 if run.broken else 0


if __name__ == "__main__":
    sys.exit(main())
