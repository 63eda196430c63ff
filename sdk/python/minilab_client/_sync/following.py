# Derived from _async/following.py by `make sdk`: edit that file.
"""The changes of a job: from its event stream, or by polling where no stream gets through."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from ..event_stream import EventDecoder, ServerEvent
from ..job_changes import JobChange
from ..models.job_event import JobEvent
from ..problems import ApiError, ConnectionFailed
from .http import ONCE

_MAX_FAILURES = 2
_RECONNECT_SECONDS = 2.0
_BUSY = frozenset({429, 503})


class Follower:
    """Follows one job.

    Args:
        http: Sends the requests.
        path: Path of the job.
        read_job: Reads the job, and waits for its end for some seconds.
    """

    def __init__(self, http: httpx.Client, path: str, read_job: Callable[[int], Any]) -> None:
        self._http = http
        self._events_path = f"{path}/events"
        self._read_job = read_job
        self._version = -1
        self._ended = False

    def changes(self, poll_seconds: int) -> Iterator[JobChange]:
        """Yield each change once, the last one at the end of the job."""
        failures = 0
        while not self._ended and failures < _MAX_FAILURES:
            decoder = EventDecoder()
            failures += 1
            try:
                for change in self._stream(decoder):
                    failures = 0
                    yield change
            except ApiError as error:
                if error.status not in _BUSY:
                    raise
                break
            except (ConnectionFailed, httpx.TransportError):
                pass
            if not self._ended:
                pause = decoder.retry_seconds or _RECONNECT_SECONDS
                time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311
        while not self._ended:
            for change in self._poll(poll_seconds):
                yield change

    def _stream(self, decoder: EventDecoder) -> Iterator[JobChange]:
        headers = {"Accept": "text/event-stream"}
        if self._version >= 0:
            headers["Last-Event-ID"] = str(self._version)
        with self._http.stream(
            "GET", self._events_path, headers=headers, extensions=ONCE
        ) as response:
            if response.status_code == httpx.codes.NO_CONTENT:
                self._ended = True
                return
            for chunk in response.iter_bytes():
                for event in decoder.feed(chunk):
                    change = self._read(event)
                    if change is not None:
                        yield change

    def _read(self, event: ServerEvent) -> JobChange | None:
        if event.name == "job.gone":
            self._read_job(0)  # Raises: the answer says why.
            return None
        if event.name not in {"job.changed", "job.finished"}:
            return None
        return self._take(JobChange.of(JobEvent.from_dict(json.loads(event.data))))

    def _poll(self, seconds: int) -> Iterator[JobChange]:
        started = time.monotonic()
        job = self._read_job(seconds)
        change = self._take(JobChange.of(job))
        if change is not None:
            yield change
        if not self._ended:
            # A proxy may drop the wish to wait.
            time.sleep(max(0.0, 1 - (time.monotonic() - started)))

    def _take(self, change: JobChange) -> JobChange | None:
        self._ended = self._ended or bool(change.finished_at)
        if change.version <= self._version:
            return None
        self._version = change.version
        return change
