"""Server-sent events of one job: what is written, when it ends, and who is cut off.

Source: HTML Living Standard, section 9.2 (server-sent events).
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
from litestar import Response
from litestar.response import ServerSentEvent
from litestar.response.base import ASGIResponse
from litestar.response.sse import ServerSentEventMessage as Event
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.jobs.live_jobs import Listener, LiveJobs
from api.schemas.live_events import JobGoneView, event_name, view_change
from api.server.server import ABORT
from api.state import ApiRequest
from domain.jobs import TERMINAL
from domain.keys import Scope as Visible

# Readers of a process that ends do not all come back at once.
RETRY_MS = (1000, 3000)
MAX_VERSION_DIGITS = 18

_encode = msgspec.json.Encoder().encode


async def answer_events(
    request: ApiRequest, job_id: str, scope: Visible, last_event_id: str | None
) -> Response[Any]:
    """Answer with the events of a job, from the version that the client knows.

    Args:
        request: The request.
        job_id: The job.
        scope: What the caller may see.
        last_event_id: The Last-Event-ID header.

    Raises:
        NotFound: There is none that the caller may see.
        JobExpired: There was one, and it is kept no longer.
    """
    job = await request.app.state.stores.jobs.get(job_id, scope)
    told_version = read_version(last_event_id)
    if job.status in TERMINAL and job.version == told_version:
        # The one answer that ends an EventSource without an error.
        return Response(None, status_code=204)
    listener = Listener(request.user, job, told_version)
    return JobEventStream(request.app.state.live_jobs, listener)


def read_version(last_event_id: str | None) -> int | None:
    """Read which version a client was told last; None for none, or one that cannot be read."""
    text = (last_event_id or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_VERSION_DIGITS:
        return None
    return int(text)


class JobEventStream(ServerSentEvent):
    """The events of a job.

    Args:
        live_jobs: Tells the listener.
        listener: Who reads.
    """

    def __init__(self, live_jobs: LiveJobs, listener: Listener) -> None:
        super().__init__(_write_events(live_jobs, listener))
        self._live_jobs = live_jobs
        self._listener = listener

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Give the application that listens for as long as it answers."""
        answer = super().to_asgi_response(*args, **options)
        return cast("ASGIResponse", _Listening(answer, self._live_jobs, self._listener))


class _Listening:
    def __init__(self, answer: ASGIApp, live_jobs: LiveJobs, listener: Listener) -> None:
        self._answer = answer
        self._live_jobs = live_jobs
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        abort = cast("dict[str, Any]", scope).get("extensions", {}).get(ABORT)
        loop = asyncio.get_running_loop()
        stall_seconds = self._live_jobs.limits.listener_stall_seconds

        async def send_or_cut_off(message: Message) -> None:
            timer = loop.call_later(stall_seconds, abort) if abort else None
            try:
                await send(message)
            finally:
                if timer is not None:
                    timer.cancel()

        with self._live_jobs.listening(self._listener):
            await self._answer(scope, receive, send_or_cut_off)


async def _write_events(live_jobs: LiveJobs, listener: Listener) -> AsyncIterator[Event]:
    yield Event(data=None, retry=random.randint(*RETRY_MS))  # noqa: S311
    while True:
        listener.stirred.clear()
        if listener.is_refused:
            yield Event(data=None, comment="the key or link is no longer valid")
            return
        if (job := listener.take()) is not None:
            yield Event(_encode(view_change(job)), event_name(job), job.version)
            if job.status in TERMINAL:
                return
        if listener.gone is not None:
            gone = JobGoneView(listener.job_id, listener.gone.code)
            yield Event(_encode(gone), "job.gone")
            return
        if live_jobs.is_closing:
            yield Event(data=None, comment="this process ends: connect again")
            return
        try:
            async with asyncio.timeout(live_jobs.limits.listener_heartbeat_seconds):
                await listener.stirred.wait()
        except TimeoutError:
            yield Event(data=None, comment="still here")
