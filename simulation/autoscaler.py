"""The autoscaler: what the chart asks KEDA and Kubernetes for, and the start of pods."""

import math
from collections import deque
from collections.abc import Callable

from simpy import Environment

from simulation.capacity import Steps
from simulation.plan import Kind
from simulation.service import Service

LOOK_SECONDS = 15.0
API_TARGET = 0.6
"""Use of its processors at which an API pod is full, from the chart."""
AHEAD_SECONDS = 600.0
AFTER_SECONDS = 900.0
SHRINK_PERCENT = 25.0
SHRINK_SECONDS = 60.0
STABLE_SECONDS = 300.0


class Autoscaler:
    """Grows and shrinks the pods of one kind, and counts what they cost.

    Args:
        service: The service.
        kind: The pods.
        wanted: Says how many are needed for the load of now.
        change: Adds to the number of pods that are up, and returns it.
        start_seconds: From the request for a pod until it works.
    """

    def __init__(
        self,
        service: Service,
        kind: Kind,
        wanted: Callable[[], float],
        change: Callable[[int], int],
        start_seconds: Callable[[], float],
    ) -> None:
        self.pod_seconds = 0.0
        self.replicas: list[tuple[float, int]] = []
        """The pods that are up, at each look."""
        self._service = service
        self._env: Environment = service.env
        self._kind = kind
        self._wanted = wanted
        self._change = change
        self._start_seconds = start_seconds
        self._asked = change(0)
        if service.case.fleet.ahead:
            self.pod_seconds = AHEAD_SECONDS * self._asked
        self._calm_since = 0.0
        late = service.case.assumptions["metrics_seconds"]
        self._seen = deque([0.0] * math.ceil(late / LOOK_SECONDS))

    def run(self) -> Steps:
        """Look every 15 s until the simulation ends."""
        fleet = self._service.case.fleet
        while True:
            up = self._change(0)
            self._seen.append(self._wanted())
            self.replicas.append((self._env.now, up))
            self.pod_seconds += max(up, self._asked) * LOOK_SECONDS
            # Pods that a zone took along are asked for again at once.
            target = min(self._kind.most, max(self._clock(), math.ceil(self._seen.popleft())))
            target = max(target, self._kind.least)
            if target > self._asked:
                grown = math.ceil(self._asked * (1 + fleet.growth_percent / 100))
                self._grow(min(target, grown) - self._asked)
                self._calm_since = self._env.now
            elif target == self._asked:
                self._calm_since = self._env.now
            elif self._env.now - self._calm_since >= STABLE_SECONDS:
                self._shrink(target)
            yield self._env.timeout(LOOK_SECONDS)

    def replace(self, lost: int) -> None:
        """Start pods in place of lost ones; they are asked for already."""
        self._env.process(self._start(lost))

    def _grow(self, more: int) -> None:
        self._asked += more
        self._env.process(self._start(more))

    def _start(self, more: int) -> Steps:
        yield self._env.timeout(self._start_seconds())
        self._change(more)

    def _shrink(self, target: int) -> None:
        step = max(
            1, math.floor(self._asked * SHRINK_PERCENT / 100 * LOOK_SECONDS / SHRINK_SECONDS)
        )
        fewer = min(step, self._asked - target)
        self._asked -= fewer
        self._change(-fewer)

    def _clock(self) -> int:
        is_time = -AHEAD_SECONDS <= self._env.now < AFTER_SECONDS
        return self._kind.burst if self._service.case.fleet.ahead and is_time else 0
