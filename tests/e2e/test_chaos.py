"""A short `make faults`: real processes, a fixed seed, and every promise counted afterwards."""

from pathlib import Path

import pytest

from chaos.run_faults import Plan, run_faults
from chaos.schedule import PACK, plan_rounds
from deploy.servers.embedded import embedded_servers

# The same faults as with the defaults of the settings, in less time.
SETTINGS = {
    "lease_seconds": 4,
    "hint_grace_seconds": 1,
    "reconcile_seconds": 0.5,
    "store_timeout_seconds": 15,
    "redis_timeout_seconds": 2,
    "worker_children": 1,
}
PLAN = Plan(seed=30, rounds=3, round_seconds=5.0, settings=SETTINGS)


def test_a_seed_fixes_the_faults_and_leaves_none_out() -> None:
    rounds = plan_rounds(3, 40, 12)
    assert rounds == plan_rounds(3, 40, 12)
    assert rounds != plan_rounds(4, 40, 12)
    done = [(fault.kind, fault.target) for faults in rounds for fault in faults]
    assert set(done) == set(PACK)


@pytest.mark.long
def test_promises_are_kept_whatever_breaks(tmp_path: Path) -> None:
    with embedded_servers(tmp_path / "servers", mongodb_cache_gb=0.25) as servers:
        run = run_faults(PLAN, servers, tmp_path)
    assert run.broken == {}
    assert sum(run.faults.values()) >= PLAN.rounds
    assert run.tickets >= 10  # Enough work to break, also where the machine has other work.
