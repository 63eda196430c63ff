"""Server-sent events of one job.

Source: HTML Living Standard, section 9.2 (server-sent events).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import msgspec
from litestar import Response
from litestar.response import ServerSentEvent
from litestar.response.base import ASGIResponse
from litestar.response.sse import ServerSentEventMessage as Event
from litestar.status_codes import HTTP_204_NO_CONTENT
from litestar.types import Message, Receive, Scope, Send

from api.jobs.live_jobs import Listener, LiveJobs
from api.schemas.jobs import JobEventView, event_name, view_change
from api.server.protocol import ABORT
from api.state import ApiRequest
from domain.jobs import TERMINAL
from domain.keys import Scope as Visible

# The readers of a process that ends do not all reconnect at once.
RETRY_MS = (1000, 3000)
MAX_VERSION_DIGITS = 18

_encode = msgspec.json.Encoder().encode


async def answer_events(
    request: ApiRequest,
    live_jobs: LiveJobs,
    job_id: str,
    scope: Visible,
    last_event_id: str | None,
    resume_mark: str = "",
) -> Response[Any]:
    """Answer with the events of a job, from the version that the client knows.

    The IDs of the events end with the mark, if there is one.

    Raises:
        NotFound: There is no such job in the scope.
        JobExpired: The job is kept no longer.
    """
    if resume_mark and last_event_id:
        last_event_id, _, _ = last_event_id.partition(".")
    known_version = read_version(last_event_id)
    listener = await live_jobs.listener_of(request.user, job_id, scope, known_version)
    if listener is None:  # This status ends an EventSource without an error.
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    return JobEvents(live_jobs, listener, resume_mark)


def read_version(last_event_id: str | None) -> int | None:
    """Read the version that a client knows; None where the header has none that is usable."""
    text = (last_event_id or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_VERSION_DIGITS:
        return None
    return int(text)


class JobEvents(ServerSentEvent):
    """The events of a job."""

    def __init__(self, live_jobs: LiveJobs, listener: Listener, resume_mark: str) -> None:
        super().__init__(_write_events(live_jobs, listener, resume_mark))
        self._live_jobs = live_jobs
        self._listener = listener

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Listen for as long as the response is sent; disconnect a reader that stalls."""
        answer = super().to_asgi_response(*args, **options)
        stall_seconds = self._live_jobs.limits.listener_stall_seconds

        async def listen(scope: Scope, receive: Receive, send: Send) -> None:
            abort = cast("dict[str, Any]", scope).get("extensions", {}).get(ABORT)
            with self._live_jobs.listening(self._listener):
                await answer(scope, receive, _abort_stalled(send, stall_seconds, abort))

        return cast("ASGIResponse", listen)


def _abort_stalled(send: Send, seconds: float, abort: Callable[[], None] | None) -> Send:
    """End the connection of a reader that takes nothing for so long, if the server can."""
    loop = asyncio.get_running_loop()

    async def send_or_abort(message: Message) -> None:
        timer = loop.call_later(seconds, abort) if abort else None
        try:
            await send(message)
        finally:
            if timer is not None:
                timer.cancel()

    return send_or_abort


async def _write_events(
    live_jobs: LiveJobs, listener: Listener, resume_mark: str
) -> AsyncIterator[Event]:
    yield Event(data=None, retry=random.randint(*RETRY_MS))  # noqa: S311
    while True:
        listener.changed.clear()
        if listener.is_refused:
            yield Event(data=None, comment="the key or link is no longer valid")
            return
        if (job := listener.take()) is not None:
            change = view_change(job, with_marks=listener.caller.link_id is None)
            event_id = f"{job.version}.{resume_mark}" if resume_mark else job.version
            yield Event(_encode(change), event_name(job), event_id)
            if job.status in TERMINAL:
                return
        if listener.gone is not None:
            gone = JobEventView(listener.job_id, code=listener.gone.code)
            yield Event(_encode(gone), "job.gone")
            return
        if live_jobs.is_closing:
            yield Event(data=None, comment="this process ends: connect again")
            return
        try:
            async with asyncio.timeout(live_jobs.limits.listener_heartbeat_seconds):
                await listener.changed.wait()
        except TimeoutError:
            yield Event(data=None, comment="still here")
