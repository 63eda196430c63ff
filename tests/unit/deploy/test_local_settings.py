import stat
from pathlib import Path

import msgspec
import pytest

import api.settings
import tasks.delivery.settings
import tasks.learning.settings
import tasks.settings
from deploy.local_settings import keep_admin_key, keep_secret_key, read_settings
from deploy.servers.process import ServerError
from domain.settings import SettingsError


def test_defaults_listen_on_loopback_and_keep_data_in_the_working_folder() -> None:
    settings = read_settings({})
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.data_folder == Path.cwd() / ".minilab"
    assert settings.admin_key is None


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(
            {"MINILAB_PORT": "0", "MINILAB_ADMIN_KEY": "short", "MINILAB_REDIS_URL": "http://x"}
        )
    assert len(refused.value.mistakes) == 3
    assert "short" not in str(refused.value)


# Any text is a value of these.
FREE_TEXT = {
    "MINILAB_DATA_DIR",
    "MINILAB_HOST",
    "MINILAB_MONGODB_DATABASE",
    "MINILAB_ALIVE_FILE",
    "MINILAB_ADMIN_KEY_FILE",  # `make run` hands the key itself on.
}


def _variables() -> list[str]:
    processes = (
        api.settings.Settings,
        tasks.settings.Settings,
        tasks.delivery.settings.Settings,
        tasks.learning.settings.Settings,
    )
    structs = {part.type for process in processes for part in msgspec.structs.fields(process)}
    fields = [field.name for kind in structs for field in msgspec.structs.fields(kind)]
    return sorted({"MINILAB_" + name.upper() for name in fields} - FREE_TEXT)


@pytest.mark.parametrize("name", _variables())
def test_a_bad_value_of_any_setting_of_any_process_is_reported_once(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: "/nothing?is:this"})
    (mistake,) = refused.value.mistakes
    assert name in mistake


def test_settings_that_contradict_each_other_are_reported() -> None:
    with pytest.raises(SettingsError, match="MINILAB_ORPHAN_AGE_SECONDS"):
        read_settings({"MINILAB_MAX_UPLOAD_SECONDS": "14400"})


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("box", "http://box:80")],  # noqa: S104
)
def test_base_url_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert read_settings({"MINILAB_HOST": host, "MINILAB_PORT": "80"}).base_url == url


def test_admin_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = read_settings({"MINILAB_DATA_DIR": str(tmp_path)})
    key = keep_admin_key(settings)
    assert len(key) >= 32
    assert keep_admin_key(settings) == key
    assert stat.S_IMODE((tmp_path / "admin_key").stat().st_mode) == 0o600


def test_given_admin_key_is_used_and_not_written(tmp_path: Path) -> None:
    settings = read_settings({"MINILAB_DATA_DIR": str(tmp_path), "MINILAB_ADMIN_KEY": "k" * 32})
    assert keep_admin_key(settings) == "k" * 32
    assert not any(tmp_path.iterdir())


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = read_settings({"MINILAB_DATA_DIR": str(tmp_path)})
    key = keep_secret_key(settings)
    assert len(key) >= 32
    assert keep_secret_key(settings) == key != keep_admin_key(settings)
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("MINILAB_SECRET_KEY", f"{'n' * 32},{'o' * 32}", f"{'n' * 32},{'o' * 32}"),
        ("MINILAB_SECRET_KEY_FILE", "given", ""),
    ],
)
def test_given_secret_key_is_used_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("given").write_text("n" * 32)
    settings = read_settings({"MINILAB_DATA_DIR": str(tmp_path), name: value})
    assert keep_secret_key(settings) == kept
    assert [file.name for file in tmp_path.iterdir()] == ["given"]


def test_short_secret_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"MINILAB_SECRET_KEY": f"{'n' * 32},short"})
    assert "short" not in str(refused.value)


def test_broken_admin_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "admin_key").write_text("")
    with pytest.raises(ServerError, match="remove it"):
        keep_admin_key(read_settings({"MINILAB_DATA_DIR": str(tmp_path)}))
