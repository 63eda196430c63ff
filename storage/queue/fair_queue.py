"""The fair queue in Redis: bounded, with weighted fair queueing between tenants.

The rules are in ``fair_queue.lua``; each call of the script is atomic. The tenant is the owner of
the images, not the key that uploads them.
"""

import time
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.constants import default_queue_name
from arq.jobs import serialize_job

from domain.fairness.work_units import read_weights
from domain.jobs import ChunkHint, read_hint_id
from storage.settings import WorkRules

PROCESS_IMAGES = "process_images"
CHANNEL = "minilab:hints"
BACKLOG = "minilab:turns:backlog"
KEYS = (
    default_queue_name,
    "minilab:turns:taken",
    "minilab:turns:deadlines",
    "minilab:turns:clock",
    "minilab:turns:ends",
    BACKLOG,
    "minilab:turns:cursors",
    "minilab:turns:joined",
    "minilab:turns:pause",
    "minilab:turns:hungry",
)
# A hint of a killed worker counts as taken for this long.
TASK_SECONDS = 900
IN_PROGRESS_SECONDS = TASK_SECONDS + 10
Argument = str | bytes | float
_user = attrgetter("user_id")
SCRIPT = Path(__file__).with_suffix(".lua")
# Lua's stack holds some thousand arguments.
MOST_HINTS = 200
# Also counts tenants.
MOST_REFILLED = 800
MOST_IDS = 1000


class TenantBacklog(msgspec.Struct, frozen=True):
    """A tenant with a backlog, and room for some of it in the queue.

    Attributes:
        cursor: Position of the first hint that is not in the queue.
        units: Room, in small images.
    """

    user_id: str
    cursor: str
    units: float


class TenantHints(msgspec.Struct, frozen=True):
    """The first hints of a backlog.

    Attributes:
        is_whole: Whether these are all that it had when it was read.
    """

    tenant: TenantBacklog
    hints: Sequence[ChunkHint]
    is_whole: bool


class TakenHint(msgspec.Struct, frozen=True):
    """A hint that a worker has taken.

    Attributes:
        units: Its work, in small images.
        task: The task, as arq's ``enqueue_job`` encodes it.
    """

    id: str
    turn: float
    units: float
    task: bytes


class HintState(msgspec.Struct, frozen=True):
    """The state of a hint in Redis.

    Attributes:
        is_there: Whether it waits or a worker has it.
        taken_seconds: Time since a worker took it; None while it waits.
    """

    is_there: bool
    taken_seconds: float | None


class Room(msgspec.Struct, frozen=True):
    """How much more a worker can take.

    Attributes:
        held: Work that it has, in small images.
        most_units: Largest amount of work that it may have. A worker with none takes one hint,
            however large.
        most_hints: Largest number of hints that it takes now.
    """

    held: float
    most_units: float
    most_hints: int


class FairQueue:
    """Sends hints to the queue and hands them to workers."""

    def __init__(self, redis: ArqRedis, rules: WorkRules) -> None:
        self._redis = redis
        self._run = redis.register_script(SCRIPT.read_text(encoding="utf-8"))
        self._most = rules.queue_max_hints
        self._weights = read_weights(rules.tenant_weights)

    async def send(self, hints: Sequence[ChunkHint]) -> int:
        """Send hints as far as there is room; the others join the backlog of their tenant.

        If a tenant has a backlog, all its hints join it: its older work comes first. The hints of
        one tenant are in the order of their work. Returns the number of hints sent, without those
        that were in the queue already.
        """
        sent = 0
        ordered = sorted(hints, key=_user)  # Stable: hints of one tenant keep their order.
        for start in range(0, len(ordered), MOST_HINTS):
            tenants = groupby(ordered[start : start + MOST_HINTS], key=_user)
            groups = [self._group(user_id, "", list(own)) for user_id, own in tenants]
            sent += sum(more for more, _ in await self._send(chain.from_iterable(groups)))
        return sent

    async def refill(self, backlogs: Sequence[TenantHints]) -> int:
        """Send the first hints of backlogs as far as there is room, and move their cursors.

        A tenant whose whole backlog found room leaves the backlog, unless more work has joined it
        since it was picked. Returns the number of hints sent.
        """
        sent, batch, size = 0, list[TenantHints](), 0
        for one in backlogs:
            if batch and size + len(one.hints) + 1 > MOST_REFILLED:
                sent += await self._refill(batch)
                batch, size = [], 0
            batch.append(one)
            size += len(one.hints) + 1
        return sent + (await self._refill(batch) if batch else 0)

    async def _refill(self, backlogs: Sequence[TenantHints]) -> int:
        wholes = "".join("1" if one.is_whole else "0" for one in backlogs)
        groups = [self._group(one.tenant.user_id, one.tenant.cursor, one.hints) for one in backlogs]
        arguments = chain.from_iterable(groups)
        answers = await self._call("refill", CHANNEL, self._most, wholes, *arguments)
        return sum(sent for sent, _ in answers)

    async def send_again(self, hint: ChunkHint) -> bool:
        """Send a hint again whose worker was lost; False if there is no room.

        It comes next and costs no turn.
        """
        arguments = (CHANNEL, self._most, hint.id, encode_task(hint, hint.units))
        return bool(await self._call("send_again", *arguments))

    async def exchange(
        self, room: Room, ended: Sequence[str] = (), again: Sequence[str] = (), done: float = 0
    ) -> list[TakenHint]:
        """Take back hints from a worker, and give it those with the lowest turns.

        Args:
            ended: IDs of hints that are done.
            again: IDs of hints that any worker may take again.
            done: Length of the turns that are done.
        """
        how_much = (room.held, room.most_units, room.most_hints, IN_PROGRESS_SECONDS)
        taken = await self._call("exchange", CHANNEL, done, *how_much, len(ended), *ended, *again)
        return [
            TakenHint(hint_id.decode(), float(turn), float(units), task)
            for hint_id, turn, units, task in taken
        ]

    async def find_states(self, hints: Sequence[ChunkHint]) -> list[HintState]:
        """Read the states of hints, in order."""
        states: list[HintState] = []
        for start in range(0, len(hints), MOST_IDS):
            ids = [hint.id for hint in hints[start : start + MOST_IDS]]
            found = await self._call("find_states", *ids)
            states += [
                HintState(
                    is_there=bool(is_there),
                    taken_seconds=IN_PROGRESS_SECONDS - left_ms / 1000 if left_ms > 0 else None,
                )
                for is_there, left_ms in found
            ]
        return states

    async def find_taken(self, min_seconds: float) -> list[ChunkHint]:
        """Find hints near the head of the queue that a worker took this long ago or longer."""
        most_ms = int(1000 * (IN_PROGRESS_SECONDS - min_seconds))
        return [
            read_hint_id(hint_id.decode()) for hint_id in await self._call("find_taken", most_ms)
        ]

    async def pick(self, limit: int, pause_seconds: float) -> list[TenantBacklog]:
        """Pick tenants with a backlog and room in the queue, the furthest behind first.

        Once in ``pause_seconds``; other calls of all processes return nothing.
        """
        pause_ms = int(pause_seconds * 1000)
        picked = await self._call("pick", self._most, limit, pause_ms)
        return [
            TenantBacklog(user_id.decode(), cursor.decode(), float(units))
            for user_id, cursor, units in picked
        ]

    async def has_backlog(self) -> bool:
        """Return whether a tenant has work that found no room."""
        return bool(await self._redis.exists(BACKLOG))

    async def join(self, user_ids: Sequence[str]) -> None:
        """Move the cursors of tenants to the start: all their work joins the backlog."""
        for start in range(0, len(user_ids), MOST_IDS):
            await self._call("join_all", *user_ids[start : start + MOST_IDS])

    def _group(self, user_id: str, start: str, hints: Sequence[ChunkHint]) -> Sequence[Argument]:
        """Encode hints of one tenant as the script's ``send_all`` reads them."""
        weight = self._weights.get(user_id, 1)
        fields = [
            field
            for hint in hints
            for length in [hint.units / weight]
            for field in (hint.id, hint.position, length, encode_task(hint, length))
        ]
        return user_id, start, len(hints), *fields

    async def _send(self, groups: Iterable[Argument]) -> list[tuple[int, int]]:
        """Send groups; returns the number sent of each, and whether its tenant has no more room."""
        answers: list[tuple[int, int]] = await self._call("send_all", CHANNEL, self._most, *groups)
        return answers

    async def _call(self, name: str, *arguments: Argument) -> Any:
        return await self._run(keys=KEYS, args=[name, *arguments])


def encode_task(hint: ChunkHint, turn_length: float) -> bytes:
    """Encode a task as arq's ``enqueue_job`` does."""
    now_ms = time.time_ns() // 1_000_000
    return serialize_job(
        PROCESS_IMAGES,
        (hint.job_id, hint.chunk, turn_length, hint.units),
        {},
        None,
        now_ms,
        serializer=msgspec.msgpack.encode,
    )
