"""Turns between both services."""

from collections.abc import Callable
from typing import TypeVar

Ours = TypeVar("Ours")
Peers = TypeVar("Peers")


def take_turns(
    rounds: int, ours: Callable[[], Ours], peers: Callable[[], Peers]
) -> tuple[list[Ours], list[Peers]]:
    """Measure both services in each round; the one that is second goes first in the next.

    A machine that becomes slower or faster meanwhile so favours neither.
    """
    of_ours, of_peers = [], []
    for number in range(rounds):
        if number % 2 == 0:
            of_ours.append(ours())
        of_peers.append(peers())
        if number % 2:
            of_ours.append(ours())
    return of_ours, of_peers
