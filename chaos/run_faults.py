"""``make faults``: inject faults while clients upload, then count the promises that are kept."""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
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

    async def inject() -> Counter[str]:
        injector = Injector(system, plan.seed)
        for faults in plan_rounds(plan.seed, plan.rounds, plan.round_seconds):
            await injector.run_round(faults, plan.round_seconds)
        return injector.counts

    return await measure(system, plan.seed, plan.rounds, inject)


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
        machine = describe_machine(servers.mongodb_url, servers.redis_url)
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
