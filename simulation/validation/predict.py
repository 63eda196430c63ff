"""The model of one machine, on which all processes share the cores."""

from itertools import cycle

from simpy import Environment, Event, Resource

from sandbox.processors import usable_processors
from simulation.capacity import Pool, Shared, Steps
from simulation.validation.trial import Costs, Points, Trial, points_of

_SECONDARIES = 2
_LATEST_SECONDS = 3600.0


class _Machine:
    """The processes of a trial."""

    def __init__(self, env: Environment, trial: Trial, costs: Costs, away_seconds: float) -> None:
        self.env = env
        self.trial = trial
        self.costs = costs
        self.cores = Shared(env, usable_processors() - costs.idle_cores)
        self.clients = Pool(env, self.cores, 1)
        self.balancer = Pool(env, self.cores, usable_processors())
        self.apis = Pool(env, self.cores, trial.apis)
        self.children = Pool(env, self.cores, trial.workers)
        # A secondary writes what it is sent one after the other; the primary has a thread for each.
        self.secondaries = [Pool(env, self.cores, 1) for _ in range(_SECONDARIES)]
        self._waiting: list[list[Event]] = [[] for _ in range(trial.apis)]
        """The uploads that gather for the next transaction of each API, which has one at a time."""
        self._turns = cycle(self._waiting)
        self.ends = Resource(env, max(1, trial.workers))
        self.accepted: list[float] = []
        self.done: list[float] = []
        self.waits: list[float] = []
        self._is_there: Event = env.event()
        self._is_there.succeed()
        if trial.killed_at is not None:
            env.process(self._kill_primary(trial.killed_at, away_seconds))
        if trial.added_at is not None:
            env.process(self._add_worker(trial.added_at))
        if trial.stopped_at is not None:
            env.process(self._stop_worker(trial.stopped_at))

    def upload(self, at: float) -> Steps:
        """Send a portrait, and wait for its result."""
        cost = self.costs.accepting
        yield self.env.timeout(at)
        yield from self.clients.run(cost["clients"], 1)
        yield from self.balancer.run(cost["balancer"], 1)
        yield from self.apis.run(cost["API"] + cost["Redis"], 1)
        yield self._commit(next(self._turns))
        accepted = self.env.now
        self.accepted.append(accepted)
        cost = self.costs.working
        yield from self.children.run(cost["children"] + cost["worker"] + cost["Redis"], 1)
        yield from self._store(self.ends, cost["MongoDB"])
        self.done.append(self.env.now)
        self.waits.append(self.env.now - accepted)

    def _store(self, writers: Resource, seconds: float) -> Steps:
        with writers.request() as turn:
            yield turn
            yield from self._write(seconds)

    def _write(self, seconds: float) -> Steps:
        """Write on the primary, and wait for a secondary, with which it is the majority."""
        while not self._is_there.triggered:
            yield self._is_there
        yield self.cores.use(seconds * self.costs.primary_share)
        each = seconds * (1 - self.costs.primary_share) / _SECONDARIES
        yield self.env.any_of([self.env.process(one.run(each, 1)) for one in self.secondaries])

    def _commit(self, waiting: list[Event]) -> Event:
        """Join the next transaction of an API."""
        committed = self.env.event()
        waiting.append(committed)
        if len(waiting) == 1:
            self.env.process(self._commit_groups(waiting))
        return committed

    def _commit_groups(self, waiting: list[Event]) -> Steps:
        """Commit what has gathered, in one transaction after the other."""
        whole, each = self.costs.committing, self.costs.accepting["MongoDB"]
        while waiting:
            group = len(waiting)
            yield self.cores.use(whole["API"])
            yield self.env.timeout(self.costs.commit_seconds)
            yield from self._write(whole["MongoDB"] + each * group)
            for committed in waiting[:group]:
                committed.succeed()
            del waiting[:group]

    def _kill_primary(self, at: float, away_seconds: float) -> Steps:
        yield self.env.timeout(at)
        self._is_there = self.env.event()
        # Workers claim nothing meanwhile, and end what they have.
        workers = self.children.size
        self.children.resize(0)
        yield self.env.timeout(away_seconds)
        self.secondaries.pop()
        self._is_there.succeed()
        self.children.resize(self.children.size + workers)

    def _add_worker(self, at: float) -> Steps:
        yield self.env.timeout(at)
        begun = self.env.now
        yield self.cores.use(self.costs.starting)
        yield self.env.timeout(max(0.0, begun + self.costs.start_seconds - self.env.now))
        self.children.resize(self.children.size + 1)

    def _stop_worker(self, at: float) -> Steps:
        yield self.env.timeout(at)
        self.children.resize(self.children.size - 1)


def predict(trial: Trial, costs: Costs, away_seconds: float) -> Points:
    """Say how a trial goes.

    Args:
        trial: The trial.
        costs: What an upload costs, from other runs.
        away_seconds: How long an election takes.
    """
    env = Environment()
    machine = _Machine(env, trial, costs, away_seconds)
    for number in range(trial.uploads):
        env.process(machine.upload(trial.seconds * number / trial.uploads))
    env.run(until=_LATEST_SECONDS)
    return points_of(machine.accepted, machine.done, machine.waits)
