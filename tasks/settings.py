"""Settings of the worker process."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from domain.addresses import FetchRules, read_fetch_rules
from domain.images.embedding_model import find_missing
from domain.limits import ImageLimits, UploadLimits
from domain.settings import SettingsReader
from sandbox.processors import usable_processors
from storage.settings import LearningSettings, StoreSettings, WorkRules, read_store_settings
from tasks.heartbeat import HeartbeatSettings
from telemetry.logs import LogSettings
from telemetry.tracing import TracingSettings, read_tracing

Positive = msgspec.Meta(gt=0)


class WorkerSettings(msgspec.Struct, frozen=True):
    """The worker: its child processes, its pauses and its patience.

    Attributes:
        worker_children: Child processes that decode and compute in parallel. The default is the
            number of processors, in a container that of its limit.
        worker_group_images: Most images in one call to a child.
        worker_poll_seconds: Pause between two reads of the queue while Redis sends no notices of
            new work; 1 s or longer while it does. A lost notice delays work by no more than that.
        worker_drain_seconds: Longest wait for running work after a request to stop.
        reconcile_seconds: Pause between two searches for work that no worker holds.
        sweep_seconds: Pause between two searches for orphaned bytes, and for expired jobs, images
            and resumable uploads.
        fold_seconds: Pause between two checks whether enough images (50) wait to be added to the
            stored statistics; fewer are added at every tenth check. Answers always include them.
        orphan_age_seconds: Age at which bytes that belong to no blob are removed; longer than
            ``MINILAB_MAX_UPLOAD_SECONDS``.
        max_crashes: Crashes of its child process after which an image fails.
        batch_niceness: How far the child processes of batches give way to all other processes of
            the machine, 0 to 19. At 19 they get 1.5 % of a processor that others want, too; at 10
            a tenth.
        poison_seconds: Time during which new uploads of bytes that crashed or stalled a child
            fail at once; 0: none.
    """

    worker_children: Annotated[int, msgspec.Meta(ge=1, le=256)] = usable_processors()
    worker_group_images: Annotated[int, msgspec.Meta(ge=1, le=256)] = 25
    worker_poll_seconds: Annotated[float, Positive] = 0.25
    worker_drain_seconds: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    reconcile_seconds: Annotated[float, Positive] = 2.0
    sweep_seconds: Annotated[float, Positive] = 600.0
    fold_seconds: Annotated[float, Positive] = 1.0
    orphan_age_seconds: Annotated[float, Positive] = 3600.0
    max_crashes: Annotated[int, msgspec.Meta(ge=1)] = 3
    batch_niceness: Annotated[int, msgspec.Meta(ge=0, le=19)] = 19
    poison_seconds: Annotated[float, msgspec.Meta(ge=0)] = 3600.0


class FetchSettings(msgspec.Struct, frozen=True):
    """The fetching of files by URL.

    Attributes:
        fetch_in_flight: Most parallel requests of one worker, some 2 MB of memory each.
        fetch_in_flight_each: Most parallel requests of one worker to one host.
        fetch_timeout_seconds: Longest time of the requests for one file, all redirects and
            attempts together.
    """

    fetch_in_flight: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 32
    fetch_in_flight_each: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    fetch_timeout_seconds: Annotated[float, Positive] = 120.0


class Settings(msgspec.Struct, frozen=True):
    """All settings of a worker."""

    stores: StoreSettings
    rules: WorkRules
    limits: ImageLimits
    logs: LogSettings
    tracing: TracingSettings
    worker: WorkerSettings
    heartbeat: HeartbeatSettings
    fetching: FetchSettings
    fetch_rules: FetchRules
    uploads: UploadLimits
    learning: LearningSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of a worker.

    Raises:
        SettingsError: Lists every mistake.
    """
    reader = SettingsReader(environ)
    settings = Settings(
        stores=read_store_settings(reader),
        rules=reader.read(WorkRules),
        limits=reader.read(ImageLimits),
        logs=reader.read(LogSettings),
        tracing=read_tracing(reader, environ),
        worker=reader.read(WorkerSettings),
        heartbeat=reader.read(HeartbeatSettings),
        fetching=reader.read(FetchSettings),
        fetch_rules=read_fetch_rules(reader),
        uploads=reader.read(UploadLimits),
        learning=reader.read(LearningSettings),
    )
    if settings.learning.learning and (missing := find_missing()) is not None:
        reader.refuse(f"MINILAB_LEARNING: {missing}")
    arriving = {
        "MINILAB_MAX_UPLOAD_SECONDS": settings.uploads.max_upload_seconds,
        "MINILAB_FETCH_TIMEOUT_SECONDS": settings.fetching.fetch_timeout_seconds,
    }
    for name, seconds in arriving.items():
        if settings.worker.orphan_age_seconds <= seconds:
            reader.refuse(
                f"MINILAB_ORPHAN_AGE_SECONDS must be longer than {name}: the sweeper would remove "
                "files that are still arriving"
            )
    reader.check()
    return settings
