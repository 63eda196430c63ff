"""Readings of load and queue that one process of the fleet makes for all."""

from redis.asyncio import Redis

from storage.backlog.load import LoadMeter, RoomReading, WorkReading
from storage.backlog.queue_state import QueueReader, QueueState
from storage.clock import utc_now
from storage.ledger.dead_letters import DeadLetters
from storage.mongo.client import Database
from storage.queue.intake_counter import IntakeCounter
from storage.queue.shared_readings import SharedReading

WORK_SECONDS = 1.0
ROOM_SECONDS = 5.0
QUEUE_SECONDS = 2.0


class SharedLoad:
    """Reads open work, room and the state of the queue once for all processes.

    Attributes:
        intake: Counts the bytes that all processes admit.
        queue: Reads the queue by the shared reading of the work.
    """

    def __init__(
        self, redis: Redis, meter: LoadMeter, database: Database, dead_letters: DeadLetters
    ) -> None:
        self.intake = IntakeCounter(redis)
        self._meter = meter
        self._work = SharedReading(redis, "work", WorkReading, meter.read_work, WORK_SECONDS)
        self.queue = QueueReader(database, dead_letters, self._work.read)
        self._state = SharedReading(redis, "queue", QueueState, self.queue.read, QUEUE_SECONDS)
        self._room = SharedReading(redis, "room", RoomReading, self._read_room, ROOM_SECONDS)
        self._quota = SharedReading(redis, "quota", RoomReading, self._read_quota, ROOM_SECONDS)

    async def close(self) -> None:
        """Break off readings."""
        for reading in (self._state, self._work, self._room, self._quota):
            await reading.close()

    async def read_work(self) -> WorkReading:
        """Read all open work.

        Raises:
            PyMongoError: MongoDB cannot be reached; so for the other readings.
        """
        return await self._work.read()

    async def read_queue(self) -> QueueState:
        """Read the state of the queue."""
        return await self._state.read()

    async def read_room(self, *, has_quota: bool) -> RoomReading:
        """Read the room that is left; the stored bytes only if they have a quota."""
        return await (self._quota if has_quota else self._room).read()

    async def _read_room(self) -> RoomReading:
        at, intake = utc_now(), await self.intake.add(0)
        return RoomReading(at, await self._meter.read_free_disk(), None, intake)

    async def _read_quota(self) -> RoomReading:
        at, intake = utc_now(), await self.intake.add(0)
        free, stored = await self._meter.read_free_disk(), await self._meter.read_stored_bytes()
        return RoomReading(at, free, stored, intake)
