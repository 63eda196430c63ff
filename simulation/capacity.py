"""Capacity in a simulation: shared processors and links, and pools of processes on them."""

import heapq
from collections import deque
from collections.abc import Generator
from itertools import count

from simpy import Environment, Event
from simpy.events import Timeout

Steps = Generator[Event, object, None]
"""A process of SimPy: it yields the events that it waits for."""
Answer = Generator[Event, object, bool]
"""Steps that end with an answer."""
_LEAST = 1e-9


class Lost(Exception):
    """The process that did this work has been killed."""


class Shared:
    """Processors, or a link: shared by weight, and nobody gets more than its weight.

    With processors a weight is a number of threads, with a link the fastest rate of a client. All
    get the same share of their weight; it is computed from one clock of the served share, so that
    a change costs O(log n).

    Args:
        env: The simulation.
        capacity: Cores, or bytes a second.
    """

    def __init__(self, env: Environment, capacity: float) -> None:
        self.capacity = capacity
        self.used = 0.0
        """What has been served: core-seconds, or bytes."""
        self._env = env
        self._weights = 0.0
        self._clock = 0.0
        self._seen = 0.0
        self._users: list[tuple[float, int, float, Event]] = []
        self._numbers = count()
        self._changes = 0

    def use(self, demand: float, weight: float = 1.0) -> Event:
        """Return the event that the demand is served.

        Args:
            demand: Core-seconds, or bytes.
            weight: Cores, or bytes a second, that it can use at most.
        """
        self._advance()
        event = self._env.event()
        heapq.heappush(
            self._users, (self._clock + demand / weight, next(self._numbers), weight, event)
        )
        self._weights += weight
        self._plan()
        return event

    def resize(self, capacity: float) -> None:
        """Change the capacity; 0 stops everything."""
        self._advance()
        self.capacity = capacity
        self._plan()

    @property
    def _speed(self) -> float:
        return min(1.0, self.capacity / self._weights) if self._weights > _LEAST else 1.0

    def _advance(self) -> None:
        passed = self._env.now - self._seen
        self._seen = self._env.now
        self._clock += passed * self._speed
        self.used += passed * self._speed * self._weights

    def _plan(self) -> None:
        """Wake up when the next user is served, unless something changes before."""
        self._changes += 1
        if self._users and self._speed > 0:
            pause = max(0.0, self._users[0][0] - self._clock) / self._speed
            timeout = Timeout(self._env, pause, value=self._changes)
            assert timeout.callbacks is not None
            timeout.callbacks.append(self._wake)

    def _wake(self, timeout: Event) -> None:
        if timeout.value != self._changes:
            return
        self._advance()
        served = []
        # Rounding must not leave a user behind whose time is not representable.
        while self._users and self._users[0][0] <= self._clock + _LEAST * max(1.0, self._clock):
            _, _, weight, event = heapq.heappop(self._users)
            self._weights -= weight
            served.append(event)
        self._plan()
        for event in served:
            if not event.triggered:
                event.succeed()


class Pool:
    """Processes that each do one thing at a time, first come first served.

    Args:
        env: The simulation.
        processors: What they run on.
        size: Number of processes.
    """

    def __init__(self, env: Environment, processors: Shared, size: int) -> None:
        self.size = size
        self.busy = 0
        self._env = env
        self._processors = processors
        self._waiting: deque[tuple[Event, int]] = deque()
        self._running: dict[Event, int] = {}

    @property
    def waiting(self) -> int:
        """Number of things that wait."""
        return sum(things for _, things in self._waiting)

    def run(self, seconds: float, things: int) -> Steps:
        """Work on some things of equal length, on as many processes as are free.

        Args:
            seconds: Processor time of each.
            things: Their number.

        Raises:
            Lost: The processes were killed meanwhile.
        """
        free = self._env.event()
        self._waiting.append((free, things))
        self._grant()
        yield free
        slots = int(str(free.value))
        ended = self._env.event()
        self._running[ended] = slots
        self._env.process(_when(self._processors.use(seconds * things, slots), ended))
        try:
            yield ended
        finally:
            if self._running.pop(ended, None) is not None:
                self.busy -= slots
            self._grant()

    def resize(self, size: int) -> None:
        """Add processes, or let some end after what they do."""
        self.size = max(0, size)
        self._grant()

    def kill(self, processes: int) -> None:
        """Kill some processes; what they do is lost."""
        share = processes / max(1, self.size)
        self.resize(self.size - processes)
        running = list(self._running)
        for ended in running[: round(len(running) * share)]:
            self.busy -= self._running.pop(ended)
            ended.fail(Lost())

    def _grant(self) -> None:
        while self._waiting and self.busy < self.size:
            free, things = self._waiting.popleft()
            slots = min(things, self.size - self.busy)
            self.busy += slots
            free.succeed(slots)


def _when(served: Event, ended: Event) -> Steps:
    yield served
    if not ended.triggered:
        ended.succeed()
