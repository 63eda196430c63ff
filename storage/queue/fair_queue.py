"""The bounded queue in Redis, which work enters by weighted turns between tenants.

The rules are in ``fair_queue.lua``, each call of which is atomic. A tenant is the user whose images
they are, whoever uploads them.
"""

import time
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.constants import default_queue_name
from arq.jobs import serialize_job

from domain.fairness.work_units import read_weights
from domain.jobs import ChunkHint
from storage.settings import WorkRules

PROCESS_IMAGES = "process_images"
CHANNEL = "minilab:hints"
KEYS = (
    default_queue_name,
    "minilab:turns:clock",
    "minilab:turns:ends",
    "minilab:turns:backlog",
    "minilab:turns:cursors",
    "minilab:turns:pause",
    "minilab:turns:hungry",
)
# A hint is kept as being worked on for this long after its worker was killed.
TASK_SECONDS = 900
IN_PROGRESS_SECONDS = TASK_SECONDS + 10
Argument = str | bytes | float
SCRIPT = Path(__file__).with_suffix(".lua")
# Lua's stack holds some thousand arguments.
MOST_HINTS = 200
MOST_IDS = 1000


class Behind(msgspec.Struct, frozen=True):
    """A tenant with a backlog, and room for some of it.

    Attributes:
        user_id: The tenant.
        cursor: Position of the first hint that is not in the queue.
        units: Room, in small images.
    """

    user_id: str
    cursor: str
    units: float


class TakenHint(msgspec.Struct, frozen=True):
    """A hint that a worker has taken up.

    Attributes:
        id: Its ID in the queue.
        turn: Its score.
        units: The work, in small images.
        task: What arq's ``enqueue_job`` wrote.
    """

    id: str
    turn: float
    units: float
    task: bytes


class HintState(msgspec.Struct, frozen=True):
    """How a hint stands in Redis.

    Attributes:
        is_there: Whether it waits or is worked on.
        taken_seconds: How long ago a worker took it; None while it waits.
    """

    is_there: bool
    taken_seconds: float | None


class Room(msgspec.Struct, frozen=True):
    """How much more a worker takes up.

    Attributes:
        held: Work that it has, in small images.
        most_units: Work that it has at most; one hint it always takes.
        most_hints: Hints that it takes now at most.
    """

    held: float
    most_units: float
    most_hints: int


class FairQueue:
    """Hands hints to the queue.

    Args:
        redis: The pool.
        rules: How long the queue may be, and the weights of tenants.
    """

    def __init__(self, redis: ArqRedis, rules: WorkRules) -> None:
        self._run = redis.register_script(SCRIPT.read_text(encoding="utf-8"))
        self._most = rules.queue_max_hints
        self._weights = read_weights(rules.tenant_weights)

    async def send(self, hints: Sequence[ChunkHint]) -> int:
        """Send hints as far as there is room; the others join the backlog of their tenant.

        Where there is a backlog, they join it: what came first is worked on first.

        Args:
            hints: Of each tenant, the first to be worked on first.

        Returns:
            How many were sent; those that were in the queue already are not counted.

        Raises:
            RedisError: Redis cannot be reached.
        """
        sent = 0
        ordered = sorted(hints, key=_user)  # Stable: those of a tenant keep their order.
        for start in range(0, len(ordered), MOST_HINTS):
            tenants = groupby(ordered[start : start + MOST_HINTS], key=_user)
            groups = [self._group(user_id, "", list(own)) for user_id, own in tenants]
            sent += sum(more for more, _ in await self._send(chain.from_iterable(groups)))
        return sent

    async def send_from_backlog(self, tenant: Behind, hints: Sequence[ChunkHint]) -> bool:
        """Send the first hints of a backlog as far as there is room, and move its cursor.

        Returns:
            Whether there was room for all of them.

        Raises:
            RedisError: Redis cannot be reached.
        """
        cursor = tenant.cursor
        for start in range(0, len(hints), MOST_HINTS):
            some = hints[start : start + MOST_HINTS]
            ((_, full),) = await self._send(self._group(tenant.user_id, cursor, some))
            if full:
                return False
            cursor = some[-1].position
        return True

    def _group(self, user_id: str, start: str, hints: Sequence[ChunkHint]) -> Sequence[Argument]:
        """Write hints of one tenant as ``send_all`` of the script reads them."""
        weight = self._weights.get(user_id, 1)
        fields = [
            field
            for hint in hints
            for length in [hint.units / weight]
            for field in (hint.id, hint.position, length, _task(hint, length))
        ]
        return user_id, start, len(hints), *fields

    async def _send(self, groups: Iterable[Argument]) -> list[tuple[int, int]]:
        """Send groups. Returns of each how many were sent, and whether there is no more room."""
        answers: list[tuple[int, int]] = await self._call("send_all", CHANNEL, self._most, *groups)
        return answers

    async def send_again(self, hint: ChunkHint) -> bool:
        """Send a hint of work that has had its turn and lost its worker: it comes next.

        Returns:
            False if there is no room.

        Raises:
            RedisError: Redis cannot be reached.
        """
        arguments = (CHANNEL, self._most, hint.id, _task(hint, hint.units))
        return bool(await self._call("send_again", *arguments))

    async def find_states(self, hint_ids: Sequence[str]) -> list[HintState]:
        """Say how hints stand in Redis.

        Returns:
            A state for each hint, in order.

        Raises:
            RedisError: Redis cannot be reached.
        """
        states: list[HintState] = []
        for start in range(0, len(hint_ids), MOST_IDS):
            found = await self._call("find_states", *hint_ids[start : start + MOST_IDS])
            states += [
                HintState(
                    is_there=bool(is_there),
                    taken_seconds=IN_PROGRESS_SECONDS - left_ms / 1000 if left_ms > 0 else None,
                )
                for is_there, left_ms in found
            ]
        return states

    async def find_taken(self, min_seconds: float) -> list[str]:
        """Find hints that a worker took so long ago, among the first in the queue.

        Returns:
            Their IDs.

        Raises:
            RedisError: Redis cannot be reached.
        """
        most_ms = int(1000 * (IN_PROGRESS_SECONDS - min_seconds))
        return [hint_id.decode() for hint_id in await self._call("find_taken", most_ms)]

    async def pick(self, limit: int, pause_seconds: float) -> list[Behind]:
        """Pick tenants with a backlog for which there is room, the furthest behind first.

        Args:
            limit: Most tenants.
            pause_seconds: Whoever asks within this time of another, in whatever process, gets
                none.

        Raises:
            RedisError: Redis cannot be reached.
        """
        pause_ms = int(pause_seconds * 1000)
        picked = await self._call("pick", self._most, limit, pause_ms)
        return [
            Behind(user_id.decode(), cursor.decode(), float(units))
            for user_id, cursor, units in picked
        ]

    async def leave(self, tenant: Behind) -> bool:
        """Take a tenant off the backlog, unless more has joined it."""
        return bool(await self._call("leave", tenant.user_id, tenant.cursor))

    async def join(self, user_ids: Sequence[str]) -> None:
        """Put all work of some tenants that is not in the queue into the backlog.

        Raises:
            RedisError: Redis cannot be reached.
        """
        for start in range(0, len(user_ids), MOST_IDS):
            await self._call("join_all", *user_ids[start : start + MOST_IDS])

    async def exchange(
        self, room: Room, ended: Sequence[str] = (), again: Sequence[str] = (), done: float = 0
    ) -> list[TakenHint]:
        """Hand back what a worker has done with, and take more: the lowest turns, each once.

        Args:
            room: How much is taken.
            ended: IDs of hints that are over.
            again: IDs of hints that are to be taken up again, by whoever comes first.
            done: Length of the turns that have been worked on.

        Raises:
            RedisError: Redis cannot be reached.
        """
        how_much = (room.held, room.most_units, room.most_hints, IN_PROGRESS_SECONDS)
        taken = await self._call("exchange", done, *how_much, len(ended), *ended, *again)
        return [
            TakenHint(hint_id.decode(), float(turn), float(units), task)
            for hint_id, turn, units, task in taken
        ]

    async def _call(self, name: str, *arguments: Argument) -> Any:
        return await self._run(keys=KEYS, args=[name, *arguments])


def _user(hint: ChunkHint) -> str:
    return hint.user_id


def _task(hint: ChunkHint, turn_length: float) -> bytes:
    """Write what arq's ``enqueue_job`` writes."""
    now_ms = time.time_ns() // 1_000_000
    return serialize_job(
        PROCESS_IMAGES,
        (hint.job_id, hint.chunk, turn_length, hint.units),
        {},
        None,
        now_ms,
        serializer=msgspec.msgpack.encode,
    )
