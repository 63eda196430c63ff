"""Values of the fair queue."""

import msgspec


class TenantBacklog(msgspec.Struct, frozen=True):
    """A tenant with a backlog, and room for some of it in the queue.

    Attributes:
        cursor: Position of the first hint that is not in the queue.
        units: Room, in small images.
    """

    user_id: str
    cursor: str
    units: float


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
