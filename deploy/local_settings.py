"""What `make run` is told by the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from deploy.admin_key import MIN_ADMIN_KEY_CHARACTERS, ensure_admin_key
from deploy.servers.embedded import ServerError
from domain.limits import ImageLimits, UploadLimits
from domain.settings import SettingsReader
from storage.settings import MongoUrl, RedisUrl, WorkRules
from tasks.settings import WorkerSettings
from telemetry.logs import LogSettings

_ADMIN_KEY_FILE = "admin_key"
_SECRET_KEY_FILE = "secret_key"  # noqa: S105 -- a file, not what is in it
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound

AdminKey = Annotated[str, msgspec.Meta(min_length=MIN_ADMIN_KEY_CHARACTERS)]
SecretKeys = Annotated[str, msgspec.Meta(pattern=r"^[^,]{32,}(,[^,]{32,})*$")]


class LocalSettings(msgspec.Struct, frozen=True):
    """Where the service of one machine listens and keeps its data.

    Attributes:
        data_dir: Folder of the data, the logs and the admin key.
        host: Address that the API listens on.
        port: Port that the API listens on.
        admin_key: The admin key, where one is given.
        secret_key: The keys that webhook secrets are encrypted with, where any is given.
        secret_key_file: A file that holds them.
        mongodb_url: A MongoDB to use in place of an embedded one.
        redis_url: A Redis to use in place of an embedded one.
    """

    data_dir: str = ".minilab"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8000
    admin_key: AdminKey | None = None
    secret_key: SecretKeys | None = None
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
    """Read the settings; an empty variable counts as not set.

    Args:
        environment: Variables by name.

    Raises:
        SettingsError: Some cannot be used; all of them are named.
    """
    reader = SettingsReader(environment)
    settings = reader.read(LocalSettings)
    # What API and worker would refuse is told here, once, rather than by each restart of theirs.
    for kind in (LogSettings, WorkRules, UploadLimits, ImageLimits, WorkerSettings):
        reader.read(kind)
    reader.check()
    return settings


def keep_admin_key(settings: LocalSettings) -> str:
    """Take the admin key that was given, else the one in the data folder, else make that one.

    Args:
        settings: Their data folder must exist.

    Raises:
        ServerError: The file in the data folder holds no usable key.
    """
    return settings.admin_key or _keep(settings.data_folder / _ADMIN_KEY_FILE)


def keep_secret_key(settings: LocalSettings) -> str:
    """Take the key that webhook secrets are encrypted with; see :func:`keep_admin_key`.

    Returns:
        The key; empty where it is in a file that was named.
    """
    if settings.secret_key_file is not None and settings.secret_key is None:
        return ""
    return settings.secret_key or _keep(settings.data_folder / _SECRET_KEY_FILE)


def _keep(file: Path) -> str:
    try:
        return ensure_admin_key(file)
    except ValueError as error:
        raise ServerError(str(error)) from error
