"""Every line that a process logs is one JSON object, from any library."""

import json
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import logging, structlog
from telemetry.logs import LogSettings, configure_logs
configure_logs("api", LogSettings(log_level={level!r}))
structlog.contextvars.bind_contextvars(request_id="r-1")
log = structlog.get_logger()
log.debug("one")
log.info("two", size=3, thing=object())
logging.getLogger("uvicorn.error").info("three")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("four")
    logging.getLogger("uvicorn.error").exception("five %s", 5)
"""


def lines(level: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(level=level)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_with_its_request_and_service() -> None:
    found = lines("info")
    assert [line["event"] for line in found] == ["two", "four", "five 5"]
    assert all((line["service"], line["request_id"]) == ("api", "r-1") for line in found)
    assert all(line["timestamp"].endswith("Z") for line in found)
    assert [line["level"] for line in found] == ["info", "error", "error"]
    assert all("ZeroDivisionError" in line["exception"] for line in found[1:])
    assert found[2]["logger"] == "uvicorn.error"


@pytest.mark.slow
def test_level_says_which_lines_are_written() -> None:
    assert next(line["event"] for line in lines("debug")) == "one"
    assert [line["event"] for line in lines("error")] == ["four", "five 5"]
