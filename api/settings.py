"""Settings of the API process."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from domain.addresses import (
    FetchRules,
    TargetRules,
    read_fetch_rules,
    read_target_rules,
)
from domain.images.sizes import DEFAULT_WIDTHS, WIDTHS_PATTERN, read_widths
from domain.limits import (
    AdmissionLimits,
    ConnectionLimits,
    ImageLimits,
    KeyLimits,
    ListenerLimits,
    ReadLimits,
    ResumableLimits,
    UploadLimits,
)
from domain.networks import parse_networks
from domain.origins import parse_origins
from domain.records import GpsPolicy
from domain.settings import PublicUrl, SettingsReader
from storage.settings import (
    LearningSettings,
    SimilaritySettings,
    StoreSettings,
    WorkRules,
    read_key_file,
    read_store_settings,
)
from telemetry.logs import LogSettings
from telemetry.tracing import TracingSettings, read_tracing

MIN_ADMIN_KEY_CHARS = 32
MAX_WAIT_SECONDS = 30
_HOST = r"\s*([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?\s*"
HOSTS_PATTERN = rf"^({_HOST}(,{_HOST})*)?\Z"


class ApiSettings(msgspec.Struct, frozen=True):
    """The API: its address, its first key and its defaults.

    Attributes:
        host: Address on which the API listens.
        port: Port on which the API listens.
        admin_key: The first admin key, 32 characters or more. Required, here or in a file.
        admin_key_file: File that holds the admin key; read if ``MINILAB_ADMIN_KEY`` is not set.
        render_children: Child processes that render pictures on demand. Of two or more, one
            renders small pictures only, so that a large one does not delay them.
        warm_render_children: Whether they start with the API, instead of with the first picture.
        drain_seconds: Longest wait for running requests after a request to stop, in seconds.
        access_log: Whether each request is logged.
        gps: Treatment of positions if neither an upload nor its link sets one.
        trusted_proxies: Addresses and networks of proxies, a comma-separated list. Their
            ``X-Forwarded-For`` and ``X-Forwarded-Proto`` say who the client is.
        metrics_open: Who reads ``/metrics`` and the details of ``/readyz`` without an admin key.
            ``local``: requests from a loopback address that come through no proxy and from no page
            of another origin. ``true``: all. ``false``: nobody.
        public_url: URL at which clients and receivers reach the service, as in
            ``https://photos.example``; links begin with it. Empty: links begin with the address
            at which the request for the link arrived, and events carry paths.
        allowed_hosts: Hosts that links may begin with if ``MINILAB_PUBLIC_URL`` is empty, a
            comma-separated list, as in ``photos.example,10.0.0.5:8000``. A link begins with the
            ``Host`` header of the request if that is one of them.
        cors_origins: Origins of web pages that may use the API in browsers (CORS), a
            comma-separated list, as in ``https://app.example,http://localhost:3000``. ``*``: all
            origins. Empty: pages of other origins cannot read answers.
        blob_redirect_seconds: Requests for original files in a bucket (``MINILAB_BLOB_URL``) are
            answered with 307 to a URL of the bucket that works for this time, in seconds; see
            docs/operations.md. 0: the API sends the bytes itself.
        session_seconds: Time after which a browser signs in again, in seconds.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    admin_key: str = ""
    admin_key_file: str = ""
    render_children: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    warm_render_children: bool = True
    drain_seconds: Annotated[int, msgspec.Meta(ge=0)] = 30
    access_log: bool = True
    gps: GpsPolicy = GpsPolicy.KEEP
    trusted_proxies: str = ""
    metrics_open: bool | Literal["local"] = "local"
    public_url: PublicUrl = ""
    allowed_hosts: Annotated[str, msgspec.Meta(pattern=HOSTS_PATTERN)] = ""
    cors_origins: str = ""
    blob_redirect_seconds: Annotated[int, msgspec.Meta(ge=0, le=604_800)] = 0
    session_seconds: Annotated[int, msgspec.Meta(ge=60, le=2_592_000)] = 43_200

    @property
    def link_hosts(self) -> frozenset[str]:
        """The allowed hosts, in lower case."""
        return frozenset(host.strip().casefold() for host in self.allowed_hosts.split(",") if host)

    @property
    def origins(self) -> frozenset[str]:
        """The origins of ``cors_origins``, as browsers write them."""
        return parse_origins(self.cors_origins)


class SizeSettings(msgspec.Struct, frozen=True):
    """The sizes of pictures that the service makes from images.

    Attributes:
        image_widths: Widths in pixels that clients may ask for, a comma-separated list of 16 at
            most. Each picture is kept, in each format that was asked for. Empty: full size only.
    """

    image_widths: Annotated[str, msgspec.Meta(pattern=WIDTHS_PATTERN)] = DEFAULT_WIDTHS

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths, in order."""
        return read_widths(self.image_widths)


class Settings(msgspec.Struct, frozen=True):
    """All settings of the API."""

    stores: StoreSettings
    rules: WorkRules
    uploads: UploadLimits
    images: ImageLimits
    logs: LogSettings
    admission: AdmissionLimits
    keys: KeyLimits
    listeners: ListenerLimits
    reads: ReadLimits
    resumable: ResumableLimits
    connections: ConnectionLimits
    similarity: SimilaritySettings
    learning: LearningSettings
    sizes: SizeSettings
    targets: TargetRules
    fetches: FetchRules
    tracing: TracingSettings
    api: ApiSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of the API.

    Raises:
        SettingsError: Lists every mistake.
    """
    reader = SettingsReader(environ)
    parts = (
        WorkRules,
        UploadLimits,
        ImageLimits,
        LogSettings,
        AdmissionLimits,
        KeyLimits,
        ListenerLimits,
        ReadLimits,
        ResumableLimits,
        ConnectionLimits,
        SimilaritySettings,
        LearningSettings,
        SizeSettings,
        ApiSettings,
    )
    read: list[Any] = [read_store_settings(reader), *(reader.read(part) for part in parts)]
    api: ApiSettings = read[-1]
    _check_lists(api, reader)
    key = _admin_key(api, reader)
    read[-1:-1] = [
        read_target_rules(reader),
        read_fetch_rules(reader),
        read_tracing(reader, environ),
    ]
    reader.check()
    read[-1] = msgspec.structs.replace(api, admin_key=key)
    return Settings(*read)


def _check_lists(api: ApiSettings, reader: SettingsReader) -> None:
    try:
        parse_networks(api.trusted_proxies)
    except ValueError as error:
        reader.refuse(f"MINILAB_TRUSTED_PROXIES: {error}")
    try:
        parse_origins(api.cors_origins)
    except ValueError as error:
        reader.refuse(f"MINILAB_CORS_ORIGINS: {error}")


def _admin_key(api: ApiSettings, reader: SettingsReader) -> str:
    key = api.admin_key
    if not key and api.admin_key_file:
        read = read_key_file(reader, "MINILAB_ADMIN_KEY_FILE", api.admin_key_file)
        if read is None:
            return ""
        key = read
    if len(key) < MIN_ADMIN_KEY_CHARS:
        reader.refuse(
            f"MINILAB_ADMIN_KEY (or the file MINILAB_ADMIN_KEY_FILE) is required, with "
            f"{MIN_ADMIN_KEY_CHARS} characters or more"
        )
    return key
