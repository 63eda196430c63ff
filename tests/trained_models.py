"""Models that are trained on labelled images, and stored in the registry."""

from datetime import UTC, datetime

from domain.learning.linear_model import unit_vectors
from domain.learning.models import TrainedModel
from storage.learning.examples import Examples, read_examples
from storage.learning.trainings import LEARNER
from storage.stores import Stores
from tasks.learning.train_model import train_model
from tests.labelled_images import add_images, draw_vectors

KINDS = [number % 3 for number in range(60)]
VALUES = [f"kind{kind}" for kind in KINDS]


async def train(stores: Stores, values: list[str] = VALUES) -> TrainedModel:
    """Add labelled images of the task ``kind``, and train a model on them."""
    await add_images(stores.database, draw_vectors(KINDS), values)
    examples = await read_examples(stores.database, "kind", 1, 1_000)
    return train_model(examples, 10, None)


def train_on_arrays() -> TrainedModel:
    """Train a model of the task ``kind`` without any image."""
    vectors = unit_vectors([row.astype("<f2").tobytes() for row in draw_vectors(KINDS)])
    names = [f"{number:064x}" for number in range(len(KINDS))]
    users, now = frozenset({"labelled"}), datetime.now(UTC)
    examples = Examples(VALUES, names, [None] * len(KINDS), vectors, users, now)
    return train_model(examples, 10, None)


async def store(stores: Stores, trained: TrainedModel) -> int:
    """Store a model as the next candidate, as a learner does that begins now."""
    await stores.database["leases"].delete_many({"_id": LEARNER})
    lease = stores.lease(LEARNER)
    assert await lease.hold()
    version = await stores.models.begin("kind", "job", 1)
    assert await stores.models.complete(lease, "kind", version, trained, None)
    return version


async def store_model(stores: Stores) -> str:
    """Train and store a candidate; give the number of its version."""
    return str(await store(stores, await train(stores)))
