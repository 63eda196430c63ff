"""The learner's process: settings, stores, and the learner until a signal."""

from storage.stores import open_stores
from tasks.learning.learner import Learner
from tasks.learning.settings import Settings
from tasks.schema_check import wait_until_usable
from telemetry.background import stop_on_signals


async def run_learner(settings: Settings) -> None:
    """Run a learner until SIGTERM or SIGINT.

    Raises:
        UnusableServer: It cannot use the data, or Redis.
    """
    stop = stop_on_signals()
    async with open_stores(settings.stores, settings.rules) as stores:
        if await wait_until_usable(stores, stop):
            await Learner(settings, stores).run(stop)
