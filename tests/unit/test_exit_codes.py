"""Exit codes of the processes when their settings cannot be used."""

import sys
from collections.abc import Callable

import pytest

import api.__main__
import deploy.run_local
import tasks.__main__
import tasks.delivery.__main__

SERVERS = {
    "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1",
    "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
    "MINILAB_ADMIN_KEY": "k" * 32,
}


@pytest.mark.parametrize(
    "main",
    [
        api.__main__.main,
        tasks.__main__.main,
        tasks.delivery.__main__.main,
        lambda: sys.exit(deploy.run_local.main()),
    ],
    ids=["api", "worker", "deliverer", "make run"],
)
def test_bad_settings_end_a_process_with_exit_code_2(
    main: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in SERVERS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MINILAB_LOG_LEVEL", "loud")
    monkeypatch.setattr(sys, "argv", ["minilab"])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2
    assert "MINILAB_LOG_LEVEL" in capsys.readouterr().err
