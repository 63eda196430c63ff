"""``make fleet``: faults of a fleet while clients upload, and the promises that are kept."""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from benchmarks.harness.machine import describe_machine
from chaos.fleet.fleet import Fleet, FleetServers, fleet_servers
from chaos.fleet.inject import FleetInjector
from chaos.fleet.outcome import FleetRun, find_waits, lines_of_fleet, write_waits
from chaos.fleet.schedule import plan_rounds
from chaos.measure import measure
from chaos.report import Report, open_console, report_parser
from chaos.supervised import Settings
from chaos.webhooks import SETTINGS
from deploy.servers.process import ServerError

WAITS = Path(__file__).parent.parent / "benchmarks" / "fleet.json"
"""What the simulation reads."""


class Plan(msgspec.Struct, frozen=True):
    """Parameters of a fleet run.

    Attributes:
        seed: Fixes the order of the faults, and the uploads.
        rounds: Number of rounds, each with all faults.
        fault_seconds: Time from one fault to the next, at least.
        settings: Settings of the service's processes that differ from the defaults.
    """

    seed: int = 1
    rounds: int = 10
    fault_seconds: float = 20.0
    settings: Settings = {}


def run_fleet(plan: Plan, servers: FleetServers, folder: Path) -> FleetRun:
    """Run a fleet under faults.

    Args:
        plan: The parameters.
        servers: Servers for this run alone.
        folder: The folder for the logs of the processes.
    """
    return uvloop.run(_run(plan, servers, folder))


async def _run(plan: Plan, servers: FleetServers, folder: Path) -> FleetRun:
    fleet = Fleet(servers, folder, {**SETTINGS, **plan.settings})
    injector = FleetInjector(fleet, plan.seed, print)

    async def inject() -> Counter[str]:
        for kinds in plan_rounds(plan.seed, plan.rounds):
            await injector.run_round(kinds, plan.fault_seconds)
        return injector.counts

    run = await measure(fleet, plan.seed, plan.rounds, inject)
    return FleetRun(run, find_waits(run, injector.injected), injector.start_seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 if a promise is broken."""
    parser = report_parser("make fleet", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0, help="from fault to fault, at least")
    options = parser.parse_args(arguments)
    plan = Plan(seed=options.seed, rounds=options.rounds, fault_seconds=options.seconds)
    console = open_console()
    folder = Path(tempfile.mkdtemp(prefix="minilab-fleet-"))
    try:
        with fleet_servers(folder, plan.seed) as servers:
            machine = describe_machine(servers.mongodb.members[0].url, servers.redis.redis[0].url)
            console.print(
                f"· {plan.rounds} rounds, seed {plan.seed}; logs in {folder}", style="dim"
            )
            found = run_fleet(plan, servers, folder)
    except ServerError as error:
        console.print(str(error), style="bold red", markup=False)
        return 2
    command = f"make fleet ROUNDS={plan.rounds} SEED={plan.seed} SECONDS={plan.fault_seconds:g}"
    report = Report("fleet", "A fleet under faults", command, lines_of_fleet(found), machine)
    report.show(console, options, found)
    if options.write:
        write_waits(WAITS, found, machine)
    for name, broken in found.run.broken.items():
        console.print(f"{name}: {broken[:10]}", style="bold red", markup=False)
    return 1 if found.run.broken else 0


if __name__ == "__main__":
    sys.exit(main())
