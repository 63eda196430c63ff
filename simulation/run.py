"""One run of a case: from 10:00 until every photo has a result, or an hour has passed."""

import random
from functools import partial

import msgspec
from simpy import Environment

from simulation.autoscaler import API_TARGET, LOOK_SECONDS, Autoscaler
from simulation.capacity import Steps
from simulation.plan import Case
from simulation.service import Service

LATEST_SECONDS = 3600.0
_SHARES = (0.5, 0.9, 0.99, 1.0)


class Outcome(msgspec.Struct, frozen=True):
    """What one run showed; all times in seconds.

    Attributes:
        accepted: Until 50, 90, 99 and 100 % had their 202, from 10:00.
        done: The same until the results were there.
        waits: From the 202 to the results: 50, 90, 99 and 100 % of the photos.
        refusals: Refused uploads for each photo.
        given_up: Photos that were never accepted.
        most_uploading: Most places that were taken.
        most_apis: Most API pods.
        most_workers: Most worker pods.
        worker_core_hours: Of the burst, with the time in which pods start and end.
        api_core_hours: Likewise.
        acceptance: Points of the curve: seconds, and the share that was accepted.
        drain: Points of the curve of results.
        replicas: Worker pods over time.
    """

    accepted: list[float]
    done: list[float]
    waits: list[float]
    refusals: float
    given_up: int
    most_uploading: float
    most_apis: int
    most_workers: int
    worker_core_hours: float
    api_core_hours: float
    acceptance: list[tuple[float, float]]
    drain: list[tuple[float, float]]
    replicas: list[tuple[float, int]]


def simulate(case: Case, seed: int) -> Outcome:
    """Run a case once.

    Args:
        case: What is simulated.
        seed: Fixes all that is random.
    """
    env, chance = Environment(), random.Random(seed)
    service = Service(env, case, chance)
    api, workers = _autoscalers(service, chance)
    env.process(api.run())
    env.process(workers.run())
    if case.zone_lost_at is not None:
        env.process(_lose_zone(service, case.zone_lost_at, api, workers))
    service.send_all()
    # Pods that are up longer than the burst are paid for until they have shrunk again.
    while env.now < LATEST_SECONDS and not _is_over(service, workers):
        env.run(until=env.now + LOOK_SECONDS)
    return _outcome(service, api, workers)


def _is_over(service: Service, workers: Autoscaler) -> bool:
    done = all(packet.done_at < LATEST_SECONDS for packet in service.packets)
    return done and workers.replicas[-1][1] <= service.case.fleet.worker.least


def _autoscalers(service: Service, chance: random.Random) -> tuple[Autoscaler, Autoscaler]:
    fleet, known = service.case.fleet, service.case.assumptions
    used = [0.0]

    def add(more: int, name: str) -> int:
        setattr(service, name, getattr(service, name) + more)
        if more:
            service.fit_pods()
        return int(getattr(service, name))

    def cores_for_backlog() -> float:
        seconds = service.waiting_photos * service.case.costs.worker_seconds
        return seconds / fleet.drain_seconds / fleet.worker.cores

    def busy_apis() -> float:
        spent, used[0] = service.api_cores.used - used[0], service.api_cores.used
        return spent / LOOK_SECONDS / fleet.api.cores / API_TARGET

    def start_seconds() -> float:
        node = known["node_seconds"] * chance.uniform(2 / 3, 4 / 3)
        return node + service.case.recoveries.worker_start_seconds

    make = partial(Autoscaler, service, start_seconds=start_seconds)
    return (
        make(fleet.api, wanted=busy_apis, change=partial(add, name="api_pods")),
        make(fleet.worker, wanted=cores_for_backlog, change=partial(add, name="worker_pods")),
    )


def _lose_zone(service: Service, at: float, api: Autoscaler, workers: Autoscaler) -> Steps:
    yield service.env.timeout(at)
    before = service.api_pods, service.worker_pods
    service.lose_third()
    api.replace(before[0] - service.api_pods)
    workers.replace(before[1] - service.worker_pods)


def _outcome(service: Service, api: Autoscaler, workers: Autoscaler) -> Outcome:
    packets, users = service.packets, service.case.users
    accepted = [(packet.accepted_at, packet.photos) for packet in packets]
    done = [(packet.done_at, packet.photos) for packet in packets]
    waits = [
        (packet.done_at - packet.accepted_at, packet.photos)
        for packet in packets
        if packet.done_at < LATEST_SECONDS
    ]
    fleet = service.case.fleet
    return Outcome(
        accepted=quantiles(accepted),
        done=quantiles(done),
        waits=quantiles(waits),
        refusals=sum(packet.refusals * packet.photos for packet in packets) / users,
        given_up=sum(photos for at, photos in accepted if at > LATEST_SECONDS),
        most_uploading=service.most_uploading,
        most_apis=max(up for _, up in api.replicas),
        most_workers=max(up for _, up in workers.replicas),
        worker_core_hours=workers.pod_seconds * fleet.worker.cores / 3600,
        api_core_hours=api.pod_seconds * fleet.api.cores / 3600,
        acceptance=curve(accepted),
        drain=curve(done),
        replicas=workers.replicas,
    )


def quantiles(times: list[tuple[float, int]]) -> list[float]:
    """Find the times until 50, 90, 99 and 100 % of the photos.

    Args:
        times: Times, each with a number of photos.
    """
    ordered, total = sorted(times), sum(photos for _, photos in times)
    found, seen, left = [], 0, list(_SHARES)
    for time, photos in ordered:
        seen += photos
        while left and seen >= left[0] * total:
            found.append(time)
            left.pop(0)
    return found + [float("inf")] * len(left)


def curve(times: list[tuple[float, int]], points: int = 200) -> list[tuple[float, float]]:
    """Make points of a curve: a time, and the share of the photos until then."""
    ordered = sorted(one for one in times if one[0] < LATEST_SECONDS)
    total, seen, found = sum(photos for _, photos in times), 0, [(0.0, 0.0)]
    for number, (time, photos) in enumerate(ordered):
        seen += photos
        if number % max(1, len(ordered) // points) == 0 or number == len(ordered) - 1:
            found.append((time, seen / total))
    return found
