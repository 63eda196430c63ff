"""What `make run` is told by the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from deploy.admin_key import MIN_ADMIN_KEY_CHARACTERS, ensure_admin_key
from domain.limits import ImageLimits, UploadLimits
from domain.settings import SettingsReader
from storage.embedded import ServerError
from storage.logs import LogSettings
from storage.settings import MongoUrl, RedisUrl, WorkRules
from tasks.settings import WorkerSettings

_ADMIN_KEY_FILE = "admin_key"
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound

AdminKey = Annotated[str, msgspec.Meta(min_length=MIN_ADMIN_KEY_CHARACTERS)]


class LocalSettings(msgspec.Struct, frozen=True):
    """Where the service of one machine listens and keeps its data.

    Attributes:
        data_dir: Folder of the data, the logs and the admin key.
        host: Address that the API listens on.
        port: Port that the API listens on.
        admin_key: The admin key, where one is given.
        mongodb_url: A MongoDB to use in place of an embedded one.
        redis_url: A Redis to use in place of an embedded one.
    """

    data_dir: str = ".minilab"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8000
    admin_key: AdminKey | None = None
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
    if settings.admin_key is not None:
        return settings.admin_key
    try:
        return ensure_admin_key(settings.data_folder / _ADMIN_KEY_FILE)
    except ValueError as error:
        raise ServerError(str(error)) from error
