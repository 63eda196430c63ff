"""A learner that is killed at any moment leaves no half model, and never two that are live."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from storage.stores import Stores, open_stores
from tasks.learning.settings import read_settings
from tests.invariants import find_broken
from tests.labelled_images import add_images, draw_vectors
from tests.learners import LEARNER
from tests.service import REPOSITORY
from tests.trained_models import KINDS, VALUES
from tests.waiting import until

KILLS = int(os.environ.get("MINILAB_TEST_KILLS", "3"))
"""`MINILAB_TEST_KILLS=20` kills more often."""
OF_MODELS = {"one_live_model", "model_files", "files_of_models", "model_metrics", "trainings"}
QUICK_LEARNER = LEARNER | {"MINILAB_LEARNING_POLL_SECONDS": "0.1"}


@pytest.fixture
async def stores(environ: dict[str, str]) -> AsyncIterator[Stores]:
    settings = read_settings(environ)
    async with open_stores(settings.stores, settings.rules) as opened:
        yield opened


@asynccontextmanager
async def _learner(environ: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tasks.learning"),
        cwd=REPOSITORY,
        env=os.environ | environ | QUICK_LEARNER,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.long
@pytest.mark.slow
async def test_a_learner_that_is_killed_leaves_no_half_model(
    stores: Stores, environ: dict[str, str]
) -> None:
    await add_images(stores.database, draw_vectors(KINDS), VALUES)
    trainings = stores.database["trainings"]
    for number in range(KILLS):
        await stores.trainings.request("kind", "admin")

        async def has_begun() -> bool:
            return await trainings.find_one({"status": {"$ne": "queued"}}) is not None

        async with _learner(environ) as process:
            await until(has_begun)
            # From reading the labels, over training and storing, to the end of the promotion.
            await asyncio.sleep(random.Random(number).uniform(0, 0.5))  # noqa: S311
            process.kill()
        versions = await stores.models.list_all("kind")
        assert sum(model.is_live for model in versions) <= 1
        await stores.database["leases"].delete_many({})
    async with _learner(environ):

        async def has_ended() -> bool:
            is_open = {"due_at": {"$exists": True}}
            return await trainings.find_one(is_open) is None

        await until(has_ended)
    broken = await find_broken(stores)
    assert {name: of for name, of in broken.items() if name in OF_MODELS} == {}
    statuses = [model.status.value for model in await stores.models.list_all("kind")]
    assert "training" not in statuses
    assert statuses.count("live") <= 1
