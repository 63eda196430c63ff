"""Settings of the stores and of the work in them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec

from domain.fairness.work_units import WEIGHTS_PATTERN
from domain.settings import SettingsReader
from storage.urls.redis import read_redis_url
from storage.urls.s3 import S3Place, read_s3_url

MongoUrl = Annotated[str, msgspec.Meta(pattern=r"^mongodb(\+srv)?://")]
RedisUrl = Annotated[str, msgspec.Meta(pattern=r"^(rediss?(\+sentinel)?|unix)://")]


MIN_SECRET_KEY_CHARS = 32
# What is in memory of a file before it is known where it goes.
MAX_INLINE_BYTES = 1024 * 1024
MAX_TTL_SECONDS = 100 * 365 * 24 * 3600


class StoreSettings(msgspec.Struct, frozen=True):
    """Connections to MongoDB and Redis.

    Attributes:
        mongodb_url: URL of a MongoDB replica set, of one node or more: the service uses
            transactions.
        redis_url: URL of a Redis with ``maxmemory-policy noeviction``, or of its Sentinels:
            ``redis+sentinel://user:password@host:port,host:port/service/0``.
        mongodb_password_file: File that holds the password for the user of ``MINILAB_MONGODB_URL``.
        redis_password_file: File that holds the password for ``MINILAB_REDIS_URL``.
        mongodb_database: Name of the database.
        chunks_sharded: Whether the chunks of files are sharded (``python -m deploy.shard``). All
            bytes of an upload are then durable before its transaction, which leaves them alone.
        blob_url: Bucket for large files, ``s3://bucket/prefix?endpoint=https://host&region=…``;
            see docs/operations.md. Empty: all files are in MongoDB.
        blob_inline_bytes: Size up to which files are in MongoDB all the same, in bytes.
        store_timeout_seconds: Longest wait for one call to MongoDB, or to the bucket, in seconds.
        redis_timeout_seconds: Longest wait for one call to Redis, in seconds.
        idempotency_seconds: Time for which the response to an ``Idempotency-Key`` is kept, in
            seconds.
        audit_days: Time for which new entries of the audit trail are kept, in days.
        secret_key: Keys that encrypt the secrets of webhooks, a comma-separated list. Each has
            32 characters or more. The first encrypts, all decrypt. Empty: webhooks are refused.
        secret_key_file: File that holds these keys; read if ``MINILAB_SECRET_KEY`` is not set.
    """

    mongodb_url: MongoUrl
    redis_url: RedisUrl
    mongodb_password_file: str = ""
    redis_password_file: str = ""
    mongodb_database: str = "minilab"
    chunks_sharded: bool = False
    blob_url: str = ""
    blob_inline_bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_INLINE_BYTES)] = 256 * 1024
    store_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    redis_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    idempotency_seconds: Annotated[float, msgspec.Meta(ge=1)] = 24 * 3600.0
    audit_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 400
    secret_key: str = ""
    secret_key_file: str = ""

    def __repr__(self) -> str:
        """Show the database only: a log must not hold passwords and keys."""
        return f"StoreSettings({self.mongodb_database})"

    @property
    def blob_place(self) -> S3Place | None:
        """The bucket; None if there is none."""
        return read_s3_url(self.blob_url) if self.blob_url else None

    @property
    def secret_keys(self) -> list[str]:
        """The keys, the one that encrypts first."""
        return [key.strip() for key in self.secret_key.split(",") if key.strip()]


class WorkRules(msgspec.Struct, frozen=True):
    """Rules of the work: chunks, leases, attempts, expiry. The same for the API and workers.

    Attributes:
        chunk_max_images: Most images of one task.
        chunk_max_bytes: Most bytes of one task of several images.
        lease_seconds: Time after which a claim that is not renewed expires, in seconds.
        hint_grace_seconds: Time after which the reconciler sends queued work again if no worker
            has claimed it, in seconds.
        max_attempts: Claims after which an image that has not ended fails.
        queue_max_hints: Most chunks in the queue in Redis; the others wait in MongoDB.
        tenant_weights: Users with a larger share of the workers, as in ``alice=2,bob=3``. The
            weight of all others is 1.
        job_ttl_seconds: Time for which a job is kept after its end, in seconds. 0: without end.
        image_ttl_seconds: Time for which an image and its results are kept after its end, in
            seconds. 0: without end.
    """

    chunk_max_images: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 25
    chunk_max_bytes: Annotated[int, msgspec.Meta(ge=1)] = 12 * 1024 * 1024
    lease_seconds: Annotated[float, msgspec.Meta(ge=1)] = 15.0
    hint_grace_seconds: Annotated[float, msgspec.Meta(ge=0.5)] = 5.0
    max_attempts: Annotated[int, msgspec.Meta(ge=1)] = 10
    queue_max_hints: Annotated[int, msgspec.Meta(ge=100)] = 5000
    tenant_weights: Annotated[str, msgspec.Meta(pattern=WEIGHTS_PATTERN)] = ""
    job_ttl_seconds: Annotated[float, msgspec.Meta(ge=0, le=MAX_TTL_SECONDS)] = 0.0
    image_ttl_seconds: Annotated[float, msgspec.Meta(ge=0, le=MAX_TTL_SECONDS)] = 0.0

    def job_expires_at(self, finished_at: datetime | None) -> datetime | None:
        """Say when a job can be removed; None while it is open, or where it never is."""
        return _expiry(finished_at, self.job_ttl_seconds)

    def image_expires_at(self, finished_at: datetime | None) -> datetime | None:
        """Say when an image can be removed; None while it is open, or where it never is."""
        return _expiry(finished_at, self.image_ttl_seconds)


class SimilaritySettings(msgspec.Struct, frozen=True):
    """How users and images that are alike are looked for.

    Attributes:
        similar_max_images: Most images that one query reads. For similar users with ``since=``:
            the images uploaded since then. For similar images: the newest ones.
    """

    similar_max_images: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 200_000


class LearningSettings(msgspec.Struct, frozen=True):
    """Learning: the operations ``quality`` and ``embedding``, labels, models and predictions.

    Attributes:
        learning: Whether the service learns: the same for the API and the workers, which need
            the extra ``minilab[learning]`` and the converted model.
    """

    learning: bool = False


def read_key_file(reader: SettingsReader, name: str, file: str) -> str | None:
    """Read a key from the file that a setting names; None, and a mistake, if it cannot be read."""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        reader.refuse(f"{name} cannot be read: {error.strerror}")
        return None


def read_store_settings(reader: SettingsReader) -> StoreSettings:
    """Read how the stores are reached, and passwords and the secret key from their files."""
    settings = reader.read(StoreSettings)
    settings = msgspec.structs.replace(
        settings,
        mongodb_url=read_password(
            reader, "MONGODB", settings.mongodb_url, settings.mongodb_password_file
        ),
        redis_url=read_password(reader, "REDIS", settings.redis_url, settings.redis_password_file),
    )
    if settings.redis_url and not is_redis_url(settings.redis_url):
        reader.refuse(
            "MINILAB_REDIS_URL cannot be read. Write redis://user:password@host:port/0, "
            "redis+sentinel://user:password@host:port,host:port/service/0, rediss://… or "
            "rediss+sentinel://… for TLS, or unix:///path/to/socket?db=0, and percent-encode "
            "special characters."
        )
    check_blob_url(reader, settings.blob_url)
    if not settings.secret_key and settings.secret_key_file:
        key = read_key_file(reader, "MINILAB_SECRET_KEY_FILE", settings.secret_key_file)
        settings = msgspec.structs.replace(settings, secret_key=key or "")
    if any(len(key) < MIN_SECRET_KEY_CHARS for key in settings.secret_keys):
        reader.refuse(
            f"MINILAB_SECRET_KEY (or the file MINILAB_SECRET_KEY_FILE): each key of the list has "
            f"{MIN_SECRET_KEY_CHARS} characters or more"
        )
    return settings


def check_blob_url(reader: SettingsReader, url: str) -> None:
    """Refuse the URL of a bucket that cannot be used."""
    try:
        _ = url and read_s3_url(url)
    except ValueError as error:
        reader.refuse(f"MINILAB_BLOB_URL: {error}")


def is_redis_url(url: str) -> bool:
    """Return whether connections to Redis can be made by a URL."""
    try:
        read_redis_url(url)
    except ValueError:
        return False
    return True


def read_password(reader: SettingsReader, server: str, url: str | None, file: str) -> str:
    """Put the password that a file holds into the URL of a server, ``MONGODB`` or ``REDIS``."""
    if not url or not file:
        return url or ""
    password = read_key_file(reader, f"MINILAB_{server}_PASSWORD_FILE", file)
    if password is None:
        return url
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    user, _, hosts = place.rpartition("@")
    if ":" in user or (server == "MONGODB" and not user):
        wanted = "a user and no password" if server == "MONGODB" else "no password"
        reader.refuse(
            f"MINILAB_{server}_PASSWORD_FILE: then MINILAB_{server}_URL must have {wanted}"
        )
    return f"{scheme}://{user}:{quote(password, safe='')}@{hosts}{slash}{path}"


def _expiry(finished_at: datetime | None, ttl_seconds: float) -> datetime | None:
    if finished_at is None or not ttl_seconds:
        return None
    return finished_at + timedelta(seconds=ttl_seconds)
