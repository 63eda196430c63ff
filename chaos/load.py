"""Clients that upload and poll without pause, and the answers that they get."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from chaos.uploads import Upload, make_upload
from domain.jobs import TERMINAL, Status

ANSWER_SECONDS = 40.0
CONNECT_SECONDS = 5.0
# A request whose process was killed blocks its key for a minute.
REPEAT_SECONDS = 150.0
LONGEST_PAUSE_SECONDS = 3.0
PAUSE_SECONDS = (0.05, 0.5)
REPEAT_CHANCE = 0.3
POLL_SECONDS = 0.05
TICKET = (HTTPStatus.OK, HTTPStatus.ACCEPTED)
FAILED = (Status.FAILED, Status.PARTIAL)
TRY_AGAIN = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)

Answer = httpx.Response | None
"""None: the answer was lost."""


class Ticket(msgspec.Struct):
    """A ticket that reached its client.

    Attributes:
        job_id: The job.
        files: Number of files that were sent.
        bad: Number of these that are not whole images.
        key: The Idempotency-Key of the request.
        has_ended: Whether a poll has seen the end of the job.
        failed: Number of files that had failed then.
    """

    job_id: str
    files: int
    bad: int
    key: str | None
    has_ended: bool = False
    failed: int = 0


class Record:
    """The answers of all clients.

    Args:
        excused: Statuses of a proxy before the API that faults excuse.
    """

    def __init__(self, excused: frozenset[int] = frozenset()) -> None:
        self.excused = excused
        self.ticket_times: list[float] = []
        """When each ticket arrived, in seconds of Unix time."""
        self.tickets: dict[str, Ticket] = {}
        self.answers: Counter[str] = Counter()
        self.polls: Counter[str] = Counter()
        self.faulty: list[str] = []
        """Answers that no fault excuses: a 500, a second job for a key, an unknown ticket."""
        self.longest_outage_seconds = 0.0
        self._last_ticket_at = time.monotonic()

    def begin(self) -> None:
        """Start to measure outages."""
        self._last_ticket_at = time.monotonic()

    def take_ticket(self, upload: Upload, job: Mapping[str, Any]) -> None:
        """Record a ticket."""
        now = time.monotonic()
        self.longest_outage_seconds = max(self.longest_outage_seconds, now - self._last_ticket_at)
        self._last_ticket_at = now
        self.ticket_times.append(time.time())
        job_id = job["id"]
        self.tickets[job_id] = Ticket(job_id, len(upload.files), upload.bad, upload.key)

    def blame(self, what: str) -> None:
        """Record an answer that no fault excuses."""
        self.faulty.append(what)


class Clients:
    """Clients that upload, and others that poll tickets.

    Args:
        url: The address of the API.
        keys: A key for each uploading client.
        reader: A key that may read every job.
        record: Collects the answers.
        seed: Fixes the uploads.
    """

    def __init__(
        self, url: str, keys: Sequence[str], reader: str, record: Record, seed: int
    ) -> None:
        self._url = url
        self._keys = keys
        self._reader = reader
        self._record = record
        self._seed = seed
        self._stop = asyncio.Event()

    async def run(self, pollers: int) -> None:
        """Upload and poll until :meth:`stop`, and finish the requests under way."""
        async with asyncio.TaskGroup() as group:
            for number, key in enumerate(self._keys):
                group.create_task(self._keep_uploading(number, key))
            for number in range(pollers):
                group.create_task(self._keep_polling(number))

    def stop(self) -> None:
        """Begin no further request."""
        self._stop.set()

    def _open(self, key: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def _keep_uploading(self, number: int, key: str) -> None:
        chance = random.Random(self._seed * 1000 + number)
        async with self._open(key) as client:
            count = 0
            while not self._stop.is_set():
                count += 1
                await self._upload(client, make_upload(f"c{number}-{count}", chance), chance)
                await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))

    async def _upload(
        self, client: httpx.AsyncClient, upload: Upload, chance: random.Random
    ) -> None:
        answer = await self._send(client, upload)
        deadline = time.monotonic() + REPEAT_SECONDS
        while upload.key and _may_repeat(answer) and time.monotonic() < deadline:
            await asyncio.sleep(_pause_after(answer, chance))
            answer = await self._send(client, upload)
        if answer is None or answer.status_code not in TICKET:
            await asyncio.sleep(_pause_after(answer, chance))
            return
        job_id = answer.json()["id"]
        self._record.take_ticket(upload, answer.json())
        if upload.key and chance.random() < REPEAT_CHANCE:
            again = await self._send(client, upload)
            if again is not None and again.status_code in TICKET and again.json()["id"] != job_id:
                self._record.blame(f"a second job for a key: {upload.name}")

    async def _send(self, client: httpx.AsyncClient, upload: Upload) -> Answer:
        headers = {"Idempotency-Key": upload.key} if upload.key else {}
        if upload.wait_seconds:
            headers["Prefer"] = f"wait={upload.wait_seconds}"
        try:
            answer = await client.post(
                "/v1/jobs",
                files=[("file", file) for file in upload.files],
                data={"operations": upload.operations} if upload.operations else {},
                headers=headers,
            )
        except httpx.TransportError as error:
            self._record.answers[f"no answer ({type(error).__name__})"] += 1
            return None
        self._record.answers[_name(answer)] += 1
        self._check(answer)
        return answer

    async def _keep_polling(self, number: int) -> None:
        chance = random.Random(self._seed * 1000 + 500 + number)
        async with self._open(self._reader) as client:
            while not self._stop.is_set():
                await asyncio.sleep(POLL_SECONDS)
                if tickets := list(self._record.tickets.values())[-200:]:
                    wait = {"Prefer": "wait=1"} if chance.random() < 0.2 else {}
                    await self.poll(client, chance.choice(tickets), wait)

    async def poll(
        self, client: httpx.AsyncClient, ticket: Ticket, headers: Mapping[str, str]
    ) -> None:
        """Read a job once."""
        try:
            answer = await client.get(f"/v1/jobs/{ticket.job_id}", headers=headers)
        except httpx.TransportError as error:
            self._record.polls[f"no answer ({type(error).__name__})"] += 1
            return
        self._record.polls[_name(answer)] += 1
        self._check(answer)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            self._record.blame(f"an unknown ticket: {ticket.job_id}")
        elif answer.status_code == HTTPStatus.OK:
            job = answer.json()
            if ticket.has_ended and job["status"] not in TERMINAL:
                self._record.blame(f"an ended job that is open again: {ticket.job_id}")
            ticket.has_ended = job["status"] in TERMINAL
            ticket.failed = sum(item["status"] in FAILED for item in job["items"])
            if ticket.has_ended and len(job["items"]) != ticket.files:
                self._record.blame(f"a job with other items than were sent: {ticket.job_id}")

    async def poll_open(self) -> list[str]:
        """Read every job whose end no client has seen; return those still open."""
        async with self._open(self._reader) as client:
            for ticket in self._record.tickets.values():
                if not ticket.has_ended:
                    await self.poll(client, ticket, {})
        return [t.job_id for t in self._record.tickets.values() if not t.has_ended]

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        is_api = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        if not is_api and status in self._record.excused:
            return
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
            self._record.blame(f"{status} from {answer.request.url.path}: {answer.text[:200]}")


def _may_repeat(answer: Answer) -> bool:
    if answer is None:
        return True
    return answer.status_code in TRY_AGAIN or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


def _pause_after(answer: Answer, chance: random.Random) -> float:
    asked = answer.headers.get("Retry-After", "") if answer is not None else ""
    seconds = float(asked) if asked.isdecimal() else 0.5
    return min(seconds, LONGEST_PAUSE_SECONDS) * chance.uniform(0.5, 1)


def _name(answer: httpx.Response) -> str:
    if answer.is_success:
        return str(answer.status_code)
    try:
        code = answer.json().get("code", "?")
    except (ValueError, AttributeError):
        code = "?"
    return f"{answer.status_code} {code}"
