"""Settings of `make run`, and the keys that it generates."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

import api.settings
import tasks.delivery.settings
import tasks.learning.settings
import tasks.settings
from deploy.admin_key import MIN_ADMIN_KEY_CHARACTERS, ensure_admin_key
from deploy.servers.process import ServerError
from domain.settings import SettingsError, SettingsReader
from storage.settings import MongoUrl, RedisUrl

ADMIN_KEY_FILE = "admin_key"
SECRET_KEY_FILE = "secret_key"  # noqa: S105 -- the name of a file
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound

PROCESSES: tuple[Callable[[Mapping[str, str]], object], ...] = (
    api.settings.read_settings,
    tasks.settings.read_settings,
    tasks.delivery.settings.read_settings,
    tasks.learning.settings.read_settings,
)


class LocalSettings(msgspec.Struct, frozen=True):
    """The service on one machine: its address and its data.

    Attributes:
        data_dir: Folder of the data, the logs and the generated keys.
        host: Address on which the API listens.
        port: Port on which the API listens.
        admin_key: The first admin key; `make run` generates one if it is not set.
        secret_key: Keys that encrypt webhook secrets; `make run` generates one if none is set.
        secret_key_file: File that holds these keys.
        mongodb_url: MongoDB to use instead of the embedded one.
        redis_url: Redis to use instead of the embedded one.
    """

    data_dir: str = ".minilab"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8000
    admin_key: str | None = None
    secret_key: str | None = None
    secret_key_file: str | None = None
    mongodb_url: MongoUrl | None = None
    redis_url: RedisUrl | None = None

    @property
    def data_folder(self) -> Path:
        """The data folder as an absolute path."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def client_host(self) -> str:
        """Address where this machine reaches the API."""
        return _ANY_ADDRESS.get(self.host, self.host)

    @property
    def base_url(self) -> str:
        """Where this machine reaches the API."""
        host = f"[{self.client_host}]" if ":" in self.client_host else self.client_host
        return f"http://{host}:{self.port}"


def read_settings(environment: Mapping[str, str]) -> LocalSettings:
    """Read the settings of `make run`, and check those of every process that it starts.

    A process that is started with wrong settings ends at once and is restarted without end.

    Raises:
        SettingsError: Lists every mistake, each once.
    """
    reader = SettingsReader(environment)
    settings = reader.read(LocalSettings)
    handed_on = dict(environment) | {
        "MINILAB_MONGODB_URL": settings.mongodb_url or "mongodb://127.0.0.1",
        "MINILAB_REDIS_URL": settings.redis_url or "redis://127.0.0.1",
        "MINILAB_PORT": str(settings.port),
        "MINILAB_ADMIN_KEY": settings.admin_key or "k" * MIN_ADMIN_KEY_CHARACTERS,
    }
    mistakes: dict[str, None] = {}
    for read_process_settings in PROCESSES:
        try:
            read_process_settings(handed_on)
        except SettingsError as error:
            mistakes |= dict.fromkeys(error.mistakes)
    for mistake in mistakes:
        reader.refuse(mistake)
    reader.check()
    return settings


def keep_admin_key(settings: LocalSettings) -> str:
    """Return the given admin key, or the one in the data folder, which is generated if missing.

    Raises:
        ServerError: The file in the data folder holds no usable key.
    """
    return settings.admin_key or _keep(settings.data_folder / ADMIN_KEY_FILE)


def keep_secret_key(settings: LocalSettings) -> str:
    """Return the key that encrypts webhook secrets; empty if a file of the settings holds it."""
    if settings.secret_key_file is not None and settings.secret_key is None:
        return ""
    return settings.secret_key or _keep(settings.data_folder / SECRET_KEY_FILE)


def _keep(file: Path) -> str:
    try:
        return ensure_admin_key(file)
    except ValueError as error:
        raise ServerError(str(error)) from error
