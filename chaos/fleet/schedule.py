"""The faults of a fleet, and their order in each round."""

import random
from enum import StrEnum


class Kind(StrEnum):
    """Faults of a fleet; each begins when the one before it is over."""

    KILL_PRIMARY = "kill the primary of MongoDB"
    CUT_PRIMARY = "cut the primary off from the other members"
    CUT_SECONDARY = "cut a secondary off from the other members"
    KILL_REDIS = "kill the master of Redis"
    KILL_API = "kill an API process"
    SCALE_DOWN = "stop half of the workers, as an autoscaler does"
    ROLL = "restart everything, one after the other"


def plan_rounds(seed: int, rounds: int) -> list[list[Kind]]:
    """Put all faults of each round in an order.

    Args:
        seed: Fixes the orders.
        rounds: Number of rounds.
    """
    chance = random.Random(seed)
    return [chance.sample(list(Kind), len(Kind)) for _ in range(rounds)]
