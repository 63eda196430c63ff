"""A service without work: what it asks MongoDB for, again and again."""

import asyncio
from collections import Counter

from storage.clock import utc_now
from tests.commands import Commands, noted_commands
from tests.service import running_service
from tests.waiting import until
from tests.webhooks import delivering

SECONDS = 5
MOST_A_SECOND = 5
"""Three, and some room; beside these, each process says hello every 1.5 s."""
PACES = {"reconcile_seconds": 2, "fold_seconds": 1}
"""As they are by default; other tests have faster ones."""


async def test_idle_stack_sends_few_commands(environ: dict[str, str]) -> None:
    with noted_commands() as commands:
        async with (
            running_service(environ, prepare=True) as service,
            service.working(**PACES),
            delivering(service),
        ):

            async def has_begun() -> bool:
                now = utc_now()
                worker = await service.stores.workers.workforce(now)
                deliverer = await service.stores.deliverers.workforce(now)
                return bool(worker.workers and deliverer.workers)

            await until(has_begun)
            sent = [await _count(commands) for _ in range(2)]
    fewest = min(sent, key=Counter.total)  # In the first seconds the sweeper runs.
    assert fewest.total() <= MOST_A_SECOND * SECONDS, fewest
    assert fewest["aggregate deliveries"], "commands are counted"


async def _count(commands: Commands) -> Counter[str]:
    commands.sent.clear()
    await asyncio.sleep(SECONDS)  # They are counted during this time.
    return Counter(commands.sent)
