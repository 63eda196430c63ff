"""Interruptions in the log: each one when it begins, and none over and over."""

from structlog.testing import capture_logs

from telemetry.interruptions import Interruptions


def test_interruption_that_lasts_is_logged_once_and_the_next_one_again() -> None:
    interruptions = Interruptions("interrupted", channel="c")
    with capture_logs() as lines:
        for _ in range(3):
            interruptions.failed(ConnectionError())
        interruptions.ended()
        for _ in range(2):
            interruptions.failed(TimeoutError())
    assert [(line["event"], line["reason"], line["failures"]) for line in lines] == [
        ("interrupted", "ConnectionError", 1),
        ("interrupted", "TimeoutError", 1),
    ]
