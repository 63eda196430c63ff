"""The schedule of faults, computed from a seed before anything starts."""

import random
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

FREEZE_SECONDS = 10.0
FAULTS_A_ROUND = (2, 4)
LINKS = (
    "client-api",
    "api-redis",
    "api-mongodb",
    "worker-redis",
    "worker-mongodb",
    "deliverer-redis",
    "deliverer-mongodb",
)
OBJECT_LINKS = ("api-s3", "worker-s3")
PROCESSES = ("api", "worker", "child", "deliverer", "redis", "mongodb")


class Kind(StrEnum):
    """Kinds of faults."""

    KILL = "kill"
    FREEZE = "freeze"
    WIPE = "wipe"
    FILL_QUOTA = "fill the quota of"
    FILL_DISK = "fill the disk of"
    REFUSE = "refuse connections"
    CUT = "cut connections"
    DELAY = "delay connections"
    STALL = "stall connections"


LINK_KINDS = (Kind.REFUSE, Kind.CUT, Kind.DELAY, Kind.STALL)
# Shortest and longest duration of a fault, in seconds; of a kill: until the restart.
SECONDS = {
    Kind.KILL: (0.2, 4.0),
    Kind.FREEZE: (FREEZE_SECONDS, FREEZE_SECONDS),
    Kind.WIPE: (0.0, 0.0),
    Kind.FILL_QUOTA: (3.0, 6.0),
    Kind.FILL_DISK: (1.0, 3.0),
    Kind.REFUSE: (1.0, 6.0),
    Kind.CUT: (2.0, 8.0),
    Kind.DELAY: (3.0, 8.0),
    Kind.STALL: (2.0, 10.0),
}
_OF_PROCESSES = (
    *((Kind.KILL, process) for process in PROCESSES),
    (Kind.FREEZE, "redis"),
    (Kind.FREEZE, "mongodb"),
    (Kind.WIPE, "redis"),
    (Kind.FILL_QUOTA, "api"),
    (Kind.FILL_DISK, "mongodb"),
)
_OF_LINKS = tuple((kind, link) for kind in LINK_KINDS for link in LINKS)
# Processes count twice, since there are more links.
PACK = (*_OF_PROCESSES, *_OF_PROCESSES, *_OF_LINKS)
_OF_OBJECTS = (
    (Kind.KILL, "object volume"),
    (Kind.FREEZE, "object volume"),
    (Kind.KILL, "objects"),
    (Kind.FREEZE, "objects"),
)
# So many that each round of a run with a bucket has about one of them.
OBJECT_PACK = (
    *_OF_OBJECTS * 4,
    *((kind, link) for kind in LINK_KINDS for link in OBJECT_LINKS),
)


class Fault(msgspec.Struct, frozen=True):
    """A fault.

    Attributes:
        kind: Its kind.
        target: The affected process or link.
        at_seconds: Its begin, from the begin of the round.
        seconds: Its duration.
    """

    kind: Kind
    target: str
    at_seconds: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"


def plan_rounds(
    seed: int, rounds: int, round_seconds: float, *, with_objects: bool = False
) -> list[list[Fault]]:
    """Choose the faults of each round.

    Faults are drawn without replacement until all are drawn, so that none is left out.

    Args:
        seed: Fixes the faults.
        rounds: Number of rounds.
        round_seconds: Duration of a round; faults begin in its first two thirds.
        with_objects: Whether there is a bucket, whose servers and links are disturbed too.

    Returns:
        The faults of each round, ordered by their begin.
    """
    chance = random.Random(seed)
    pack = _draw(chance, (*PACK, *OBJECT_PACK) if with_objects else PACK)
    return [
        sorted(
            (
                Fault(
                    kind,
                    target,
                    at_seconds=chance.uniform(0, round_seconds * 2 / 3),
                    seconds=chance.uniform(*SECONDS[kind]),
                )
                for kind, target in (next(pack) for _ in range(chance.randint(*FAULTS_A_ROUND)))
            ),
            key=lambda fault: fault.at_seconds,
        )
        for _ in range(rounds)
    ]


def _draw(chance: random.Random, pack: Sequence[tuple[Kind, str]]) -> Iterator[tuple[Kind, str]]:
    while True:
        yield from chance.sample(pack, len(pack))
