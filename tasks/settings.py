"""How a worker works."""

import os
from typing import Annotated

import msgspec

Positive = msgspec.Meta(gt=0)


class WorkerSettings(msgspec.Struct, frozen=True):
    """How a worker works.

    Attributes:
        worker_children: Child processes that decode and compute side by side.
        worker_group_images: Most images that a child takes at once.
        worker_poll_seconds: Pause between two looks at the queue where no notice of a new
            hint comes, so that a lost notice costs no more than this.
        worker_drain_seconds: Longest wait for running work when asked to stop.
        reconcile_seconds: Pause between two looks for work that nobody has.
        sweep_seconds: Pause between two looks for bytes without a parent.
        fold_seconds: Pause between two looks whether enough has happened to add it to the stored
            statistics; little is added at one look in five.
        orphan_age_seconds: Bytes without a parent are removed when they are this old.
        max_crashes: An image that ended its child this often has failed.
        poison_seconds: For this long, new uploads of the same bytes fail at once; 0: never.
    """

    worker_children: Annotated[int, msgspec.Meta(ge=1, le=256)] = os.cpu_count() or 1
    worker_group_images: Annotated[int, msgspec.Meta(ge=1, le=256)] = 25
    worker_poll_seconds: Annotated[float, Positive] = 0.25
    worker_drain_seconds: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    reconcile_seconds: Annotated[float, Positive] = 2.0
    sweep_seconds: Annotated[float, Positive] = 600.0
    fold_seconds: Annotated[float, Positive] = 1.0
    orphan_age_seconds: Annotated[float, Positive] = 3600.0
    max_crashes: Annotated[int, msgspec.Meta(ge=1)] = 3
    poison_seconds: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
