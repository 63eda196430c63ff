"""The way of a photo through the service, from the phone to its result."""

import random
from collections import deque

import msgspec
from simpy import Environment, Event

from domain.fairness.admission import slot_share
from simulation.capacity import Answer, Lost, Pool, Shared, Steps
from simulation.plan import Case

_MOST_PACKETS = 1000
_NEVER = float("inf")
_STORE_PATIENCE_SECONDS = 20.0


class Packet(msgspec.Struct):
    """Photos that take the same way at the same time: one, or many where there are many users.

    Attributes:
        photos: Their number.
        due_at: When the app sends them, in seconds after 10:00.
        uplink: Bytes a second of each phone.
        accepted_at: When the 202 arrived.
        done_at: When the results were there.
        refusals: How often they were refused.
    """

    photos: int
    due_at: float
    uplink: float
    accepted_at: float = _NEVER
    done_at: float = _NEVER
    refusals: int = 0


class Service:
    """The parts of the service, each with its capacity.

    Args:
        env: The simulation; its time 0 is 10:00.
        case: What is simulated.
        chance: The source of randomness.
    """

    def __init__(self, env: Environment, case: Case, chance: random.Random) -> None:
        fleet = case.fleet
        self.env = env
        self.case = case
        self.packets: list[Packet] = []
        self.uploading = 0.0
        """Places that are taken."""
        self.most_uploading = 0.0
        self.waiting_photos = 0
        self.api_pods = fleet.api.burst if fleet.ahead else fleet.api.least
        self.worker_pods = fleet.worker.burst if fleet.ahead else fleet.worker.least
        self._chance = chance
        self._link = Shared(env, fleet.balancer_bytes)
        self.api_cores = Shared(env, 0)
        self.worker_cores = Shared(env, 0)
        self.mongodb_cores = Shared(env, fleet.mongodb_cores)
        self.api = Pool(env, self.api_cores, 0)
        self.workers = Pool(env, self.worker_cores, 0)
        self._deliverers = Pool(env, Shared(env, 2), 2)
        self._committing = 0
        self._uploads: deque[tuple[Packet, list[bool]]] = deque()
        self.fit_pods()

    def fit_pods(self) -> None:
        """Give pools and links the size of the pods that are up."""
        fleet, speed = self.case.fleet, self.case.assumptions["cloud_core_speed"]
        # One process a pod, and its work is one thread.
        self.api.resize(self.api_pods)
        self.api_cores.resize(self.api_pods * min(1.0, fleet.api.cores) * speed)
        self.workers.resize(round(self.worker_pods * fleet.worker.cores))
        self.worker_cores.resize(self.worker_pods * fleet.worker.cores * speed)
        cards = self.api_pods * self.case.assumptions["api_megabytes"] * 1e6
        self._link.resize(min(fleet.balancer_bytes, cards))

    @property
    def places(self) -> float:
        """Uploads that all pods together take in at the same time."""
        return self.api_pods * self.case.fleet.places

    def send_all(self) -> None:
        """Let every user send a photo."""
        known, users = self.case.assumptions, self.case.users
        size = max(1, round(users / _MOST_PACKETS))
        for first in range(0, users, size):
            mbit = self._chance.lognormvariate(0, known["uplink_sigma"]) * known["uplink_mbit"]
            due_at = abs(self._chance.gauss(0, known["clock_seconds"]))
            due_at += self._chance.uniform(0, self.case.spread_seconds)
            uplink = min(20.0, max(2.0, mbit)) * 1e6 / 8
            self.packets.append(Packet(min(size, users - first), due_at, uplink))
            self.env.process(self._travel(self.packets[-1]))

    def lose_third(self) -> None:
        """Lose a zone: a third of the pods with what they do, and the primary."""
        share = 1 / 3
        self.workers.kill(round(self.workers.size * share))
        self.worker_pods -= round(self.worker_pods * share)
        self.api_pods -= round(self.api_pods * share)
        for _, lost in list(self._uploads)[:: round(1 / share)]:
            lost[0] = True
        self.fit_pods()
        self.env.process(self._elect())

    def _elect(self) -> Steps:
        self.mongodb_cores.resize(0)
        yield self.env.timeout(self.case.recoveries.election_seconds)
        self.mongodb_cores.resize(self.case.fleet.mongodb_cores)

    def _travel(self, packet: Packet) -> Steps:
        yield self.env.timeout(max(0.0, packet.due_at - self.env.now))
        taken = slot_share(round(self.case.photo_bytes)) * packet.photos
        for _ in range(int(self.case.assumptions["most_attempts"])):
            # One place at least, also where a packet stands for more users than there are places.
            if self.uploading and self.uploading + taken > self.places:
                packet.refusals += 1
                yield from self.api.run(self.case.costs.refusal_seconds, packet.photos)
                yield self.env.timeout(self._chance.uniform(*self.case.retry_seconds))
                continue
            self.uploading += taken
            self.most_uploading = max(self.most_uploading, self.uploading)
            try:
                arrived = yield from self._upload(packet)
            finally:
                self.uploading -= taken
            if arrived:
                packet.accepted_at = self.env.now
                yield from self._work(packet)
                return
            yield self.env.timeout(self._chance.uniform(1, 3))

    def _upload(self, packet: Packet) -> Answer:
        """Send the bytes; return whether they were accepted."""
        lost = [False]
        upload = (packet, lost)
        self._uploads.append(upload)
        case, size = self.case, self.case.photo_bytes * packet.photos
        try:
            yield self._link.use(size, packet.uplink * packet.photos)
            if lost[0]:
                return False
            try:
                yield from self.api.run(case.costs.api_seconds, packet.photos)
            except Lost:
                return False
            if case.in_gridfs:
                yield self._mongodb(case.costs.mongodb_seconds_a_byte * size, packet.photos)
            else:
                yield self.env.timeout(case.assumptions["store_seconds"])
            return (yield from self._commit(packet.photos))
        finally:
            self._uploads.remove(upload)

    def _commit(self, photos: int) -> Answer:
        """Commit tickets with those that wait beside them, in one group for each pod."""
        self._committing += photos
        begun = self.env.now
        a_group = max(1.0, self._committing / max(1, self.api_pods))
        costs = self.case.costs
        seconds = photos * (costs.group_seconds / a_group + costs.ticket_seconds)
        try:
            yield self._mongodb(seconds, photos / a_group)
            yield self.env.timeout(self.case.assumptions["majority_seconds"])
        finally:
            self._committing -= photos
        return self.env.now - begun < _STORE_PATIENCE_SECONDS

    def _work(self, packet: Packet) -> Steps:
        costs = self.case.costs
        self.waiting_photos += packet.photos
        while True:
            try:
                yield from self.workers.run(costs.worker_seconds, packet.photos)
                break
            except Lost:
                yield self.env.timeout(self.case.assumptions["lease_seconds"])
        yield self._mongodb(costs.mongodb_work_seconds * packet.photos, packet.photos)
        self.waiting_photos -= packet.photos
        packet.done_at = self.env.now
        yield from self._deliverers.run(costs.delivery_seconds, packet.photos)

    def _mongodb(self, seconds: float, threads: float) -> Event:
        return self.mongodb_cores.use(seconds, max(1.0, threads))
