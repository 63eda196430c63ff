"""Settings: every mistake told at once, and no value repeated."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from api.settings import Settings as ApiSettings
from api.settings import read_settings as read_api_settings
from deploy.local_settings import LocalSettings
from domain.settings import SettingsError, SettingsReader, find_misspelled, variables_of
from tasks.delivery.settings import Settings as DelivererSettings
from tasks.settings import Settings as WorkerSettings
from tasks.settings import read_settings as read_worker_settings

WHOLE = {
    "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:27017",
    "MINILAB_REDIS_URL": "redis://127.0.0.1:6379",
    "MINILAB_ADMIN_KEY": "k" * 32,
}


class Oven(msgspec.Struct, frozen=True):
    recipe: str
    heat_celsius: Annotated[int, msgspec.Meta(ge=20, le=300)] = 180
    fan: bool = False


def test_fills_a_struct_from_variables_named_after_its_fields() -> None:
    reader = SettingsReader(
        {"MINILAB_RECIPE": " bread ", "MINILAB_HEAT_CELSIUS": "220", "MINILAB_FAN": "true"}
    )
    assert reader.read(Oven) == Oven("bread", 220, True)
    reader.check()


def test_a_worker_learns_only_with_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learning = WHOLE | {"MINILAB_LEARNING": "true"}
    assert read_worker_settings(learning).learning.learning
    assert not read_worker_settings(WHOLE).learning.learning
    monkeypatch.setattr("domain.images.embedding_model.MODEL_FILE", tmp_path / "none.onnx")
    with pytest.raises(SettingsError, match=r"MINILAB_LEARNING: .*deploy\.embedding_model"):
        read_worker_settings(learning)
    assert read_api_settings(learning).learning.learning  # The API runs no network.
    assert not read_worker_settings(WHOLE).learning.learning


def test_empty_variable_counts_as_not_set() -> None:
    reader = SettingsReader({"MINILAB_RECIPE": "bread", "MINILAB_HEAT_CELSIUS": "  "})
    assert reader.read(Oven).heat_celsius == 180
    reader.check()


def test_tells_all_mistakes_at_once() -> None:
    reader = SettingsReader({"MINILAB_HEAT_CELSIUS": "hot", "MINILAB_FAN": "perhaps"})
    reader.read(Oven)
    reader.refuse("The oven is cold.")
    with pytest.raises(SettingsError) as raised:
        reader.check()
    assert len(raised.value.mistakes) == 4
    message = str(raised.value)
    for part in ("MINILAB_RECIPE is required", "HEAT_CELSIUS", "FAN", "The oven is cold."):
        assert part in message


def test_messages_do_not_repeat_values() -> None:
    secrets = {
        "MINILAB_MONGODB_URL": "http://root:hunter2@db",
        "MINILAB_REDIS_URL": "hunter3://x",
        "MINILAB_ADMIN_KEY": "hunter4",
        "MINILAB_PORT": "hunter5",
    }
    with pytest.raises(SettingsError) as raised:
        read_api_settings(secrets)
    assert len(raised.value.mistakes) == 4
    assert "hunter" not in str(raised.value)


def test_api_names_all_that_is_missing() -> None:
    with pytest.raises(SettingsError) as raised:
        read_api_settings({})
    message = str(raised.value)
    for name in WHOLE:
        assert name in message


def test_worker_needs_no_admin_key() -> None:
    environ = {name: value for name, value in WHOLE.items() if "ADMIN" not in name}
    assert read_worker_settings(environ).worker.worker_children >= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("MAX_FILE_BYTES", "lots"),
        ("MAX_FILE_BYTES", "0"),
        ("MAX_PIXELS", "-5"),
        ("RENDER_CHILDREN", "0"),
        ("CHUNK_MAX_IMAGES", "0"),
        ("LEASE_SECONDS", "0"),
        ("MAX_ATTEMPTS", "0"),
        ("MONGODB_URL", "postgres://x"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "redis://:pass#word@127.0.0.1:6379"),
        ("REDIS_URL", "redis://:pass/word@127.0.0.1:6379"),
        ("REDIS_URL", "redis://127.0.0.1:99999"),
        ("REDIS_URL", "redis://127.0.0.1?nonsense=1"),
        ("REDIS_URL", "unix://"),
        ("REDIS_URL", "unix://?db=0"),
        ("REDIS_URL", "redis+cluster://127.0.0.1"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1:26379"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1:26379/minilab/first"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1:26379,/minilab"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1:26379,[::1]:99999/minilab"),
        ("REDIS_URL", "redis+sentinel://:pass/word@127.0.0.1/minilab"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1/minilab?nonsense=1"),
        ("ADMIN_KEY", "k" * 31),
        ("SECRET_KEY", "k" * 31),
        ("SECRET_KEY", f"{'k' * 32},short"),
        ("WEBHOOK_ALLOW", "10.0.0.1/8"),
        ("WEBHOOK_ALLOW_HTTP", "perhaps"),
        ("CORS_ORIGINS", "https://app.example/path"),
        ("CORS_ORIGINS", "*,https://app.example"),
    ],
)
def test_refuses_setting_out_of_bounds(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"MINILAB_{name}"):
        read_api_settings(WHOLE | {f"MINILAB_{name}": value})


def test_admin_key_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "admin-key"
    file.write_text("f" * 40 + "\n")
    environ = WHOLE | {"MINILAB_ADMIN_KEY": "", "MINILAB_ADMIN_KEY_FILE": str(file)}
    assert read_api_settings(environ).api.admin_key == "f" * 40
    missing = environ | {"MINILAB_ADMIN_KEY_FILE": str(tmp_path / "nope")}
    with pytest.raises(SettingsError, match="MINILAB_ADMIN_KEY_FILE"):
        read_api_settings(missing)


def test_secret_key_may_come_from_a_file_and_be_a_list(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"
    file.write_text(f"{'n' * 32}, {'o' * 32}\n")
    environ = WHOLE | {"MINILAB_SECRET_KEY_FILE": str(file)}
    assert read_api_settings(environ).stores.secret_keys == ["n" * 32, "o" * 32]
    assert read_api_settings(WHOLE).stores.secret_keys == []
    missing = environ | {"MINILAB_SECRET_KEY_FILE": str(tmp_path / "nope")}
    with pytest.raises(SettingsError, match="MINILAB_SECRET_KEY_FILE"):
        read_api_settings(missing)


@pytest.mark.parametrize(
    ("name", "url", "complete"),
    [
        (
            "MONGODB",
            "mongodb://me@a:1,b:2/?replicaSet=r",
            "mongodb://me:p%2F%3A@a:1,b:2/?replicaSet=r",
        ),
        ("MONGODB", "mongodb://me@a", "mongodb://me:p%2F%3A@a"),
        ("REDIS", "redis://a:6379/0", "redis://:p%2F%3A@a:6379/0"),
        ("REDIS", "rediss://me@a", "rediss://me:p%2F%3A@a"),
        ("REDIS", "unix:///run/redis.sock?db=1", "unix://:p%2F%3A@/run/redis.sock?db=1"),
    ],
)
def test_password_of_a_server_may_come_from_a_file(
    tmp_path: Path, name: str, url: str, complete: str
) -> None:
    file = tmp_path / "password"
    file.write_text("p/:\n")
    environ = WHOLE | {f"MINILAB_{name}_URL": url, f"MINILAB_{name}_PASSWORD_FILE": str(file)}
    for stores in (read_api_settings(environ).stores, read_worker_settings(environ).stores):
        assert getattr(stores, f"{name.lower()}_url") == complete
        assert "p%2F" not in repr(stores)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("MONGODB", "mongodb://me:hunter@a"),
        ("MONGODB", "mongodb://a"),
        ("REDIS", "redis://:hunter@a"),
    ],
)
def test_url_that_a_password_from_a_file_does_not_fit_is_refused(
    tmp_path: Path, name: str, url: str
) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2")
    environ = WHOLE | {f"MINILAB_{name}_URL": url, f"MINILAB_{name}_PASSWORD_FILE": str(file)}
    with pytest.raises(SettingsError, match=f"MINILAB_{name}_PASSWORD_FILE") as raised:
        read_api_settings(environ)
    assert "hunter" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://127.0.0.1:6379/0",
        "redis://user:p%40ss%2Fw%23rd@[::1]:6379/3",
        "rediss://:secret@redis.example:6380/0?ssl_cert_reqs=none",
        "unix:///run/redis.sock?db=1",
        "unix://user:p%40ss@/run/redis.sock",
        "redis+sentinel://127.0.0.1/minilab",
        "redis+sentinel://user:p%40ss%2Fw%23rd@a.example:26379,[::1]:26380/minilab/3",
        "rediss+sentinel://:secret@a.example,b.example/minilab?sentinel_auth=true",
    ],
)
def test_takes_every_kind_of_redis_url(url: str) -> None:
    assert read_api_settings(WHOLE | {"MINILAB_REDIS_URL": url}).stores.redis_url == url
    servers = {"MINILAB_MONGODB_URL": "mongodb://a", "MINILAB_REDIS_URL": url}
    assert read_worker_settings(servers).stores.redis_url == url


def test_settings_cannot_be_changed() -> None:
    settings = read_api_settings(WHOLE)
    with pytest.raises(AttributeError):
        settings.api.port = 1  # type: ignore[misc]


def test_worker_refuses_to_sweep_what_may_still_be_on_its_way() -> None:
    servers = {"MINILAB_MONGODB_URL": "mongodb://a", "MINILAB_REDIS_URL": "redis://a"}
    read_worker_settings(servers | {"MINILAB_MAX_UPLOAD_SECONDS": "3000"})
    with pytest.raises(SettingsError, match="MINILAB_ORPHAN_AGE_SECONDS"):
        read_worker_settings(servers | {"MINILAB_MAX_UPLOAD_SECONDS": "14400"})


PROCESSES = (ApiSettings, WorkerSettings, DelivererSettings)


@pytest.mark.parametrize("settings", PROCESSES)
def test_misspelled_setting_is_found_with_what_it_should_be(settings: type[msgspec.Struct]) -> None:
    environ = ["MINILAB_MONGODB_ULR", "MINILAB_LEASE_SECOND", "MINILAB_JOB_TTL_SECS", "PATH"]
    assert find_misspelled([*environ, "MINILAB_REDIS_URL"], settings) == {
        "MINILAB_MONGODB_ULR": "MINILAB_MONGODB_URL",
        "MINILAB_LEASE_SECOND": "MINILAB_LEASE_SECONDS",
        "MINILAB_JOB_TTL_SECS": "MINILAB_JOB_TTL_SECONDS",
    }


def test_settings_of_another_process_are_not_misspelled() -> None:
    every = {name for kind in (*PROCESSES, LocalSettings) for name in variables_of(kind)}
    more = {"MINILAB_URL", "MINILAB_API_KEY", "MINILAB_BIND", "MINILAB_TEST_DATA"}
    assert [find_misspelled(every | more, settings) for settings in PROCESSES] == [{}, {}, {}]
