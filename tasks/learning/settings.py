"""Settings of the learner."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from domain.settings import SettingsReader
from sandbox.processors import usable_processors
from storage.settings import StoreSettings, WorkRules, read_store_settings
from tasks.heartbeat import HeartbeatSettings
from telemetry.logs import LogSettings

Positive = msgspec.Meta(gt=0)


class LearnerSettings(msgspec.Struct, frozen=True):
    """The learner: trainings, their schedule, and where they run.

    Attributes:
        learning_min_labels: Fewest labelled images of a class; smaller classes are left out.
        learning_max_images: Most labelled images of a training, the newest ones, 5 KB of memory
            each.
        learning_promote: Whether a model that passes the gate becomes live by itself. The first
            model of a task that is trained becomes live then, too.
        learning_hour: Hour of the day, UTC, of the nightly trainings, comparisons and searches for
            anomalies; -1: none.
        learning_processes: Processes of a local Dask cluster, which runs while there is work. 1: no
            cluster; the learner does all of it itself.
        learning_poll_seconds: Pause between two searches for work.
        dask_scheduler: Address of a Dask scheduler to use instead, as in ``tls://dask:8786``. Its
            workers need this release of the service and reach MongoDB; they receive the URLs and
            passwords of the stores.
    """

    learning_min_labels: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 10
    learning_max_images: Annotated[int, msgspec.Meta(ge=10, le=10_000_000)] = 100_000
    learning_promote: bool = True
    learning_hour: Annotated[int, msgspec.Meta(ge=-1, le=23)] = 3
    learning_processes: Annotated[int, msgspec.Meta(ge=1, le=256)] = usable_processors()
    learning_poll_seconds: Annotated[float, Positive] = 2.0
    dask_scheduler: Annotated[str, msgspec.Meta(pattern=r"^\Z|^(tcp|tls)://[^\s/]+\Z")] = ""


class Settings(msgspec.Struct, frozen=True):
    """All settings of a learner."""

    stores: StoreSettings
    rules: WorkRules
    logs: LogSettings
    learner: LearnerSettings
    heartbeat: HeartbeatSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of a learner.

    Raises:
        SettingsError: Lists every mistake.
    """
    reader = SettingsReader(environ)
    settings = Settings(
        stores=read_store_settings(reader),
        rules=reader.read(WorkRules),
        logs=reader.read(LogSettings),
        learner=reader.read(LearnerSettings),
        heartbeat=reader.read(HeartbeatSettings),
    )
    reader.check()
    return settings
