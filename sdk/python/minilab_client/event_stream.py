"""A decoder of server-sent events.

Source: HTML Living Standard, section 9.2 (server-sent events).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\r|\n")


class ServerEvent(NamedTuple):
    """One event.

    Attributes:
        name: Its type, such as `job.changed`.
        data: Its data; JSON for events of this service.
        id: Its ID, for `Last-Event-ID`; empty if it has none.
    """

    name: str
    data: str
    id: str


class EventDecoder:
    """Turns the chunks of a stream into events.

    Attributes:
        retry_seconds: How long the service asks clients to wait before they reconnect; None until
            it does.
    """

    def __init__(self) -> None:
        self.retry_seconds: float | None = None
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Take a chunk, and yield the events that it completes."""
        text = self._rest + chunk
        # A carriage return at the end may be half of a line end.
        *lines, self._rest = _LINE_END.split(text[:-1] if text.endswith(b"\r") else text)
        self._rest += b"\r" if text.endswith(b"\r") else b""
        for line in lines:
            if line:
                self._take(line.decode(errors="replace"))
            elif event := self._finish():
                yield event

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in self._fields:
            value = f"{self._fields['data']}\n{value}"
        if name == "retry" and value.isdecimal():
            self.retry_seconds = int(value) / 1000
        self._fields[name] = value

    def _finish(self) -> ServerEvent | None:
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return ServerEvent(fields.get("event", "message"), fields["data"], fields.get("id", ""))
