"""The plan of a simulation: the load, the fleet, and the faults."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from simulation.figures import Costs, Recoveries

ASSUMPTIONS = Path(__file__).parent / "assumptions.json"
CHART = Path(__file__).parent.parent / "deploy" / "chart"
_POLICY = re.compile(r"scaleUp: .*?value: (\d+), periodSeconds: (\d+)")


class Assumption(msgspec.Struct, frozen=True):
    """A figure that was not measured here.

    Attributes:
        value: The figure.
        unit: Its unit.
        source: Where it is from.
    """

    value: float
    unit: str
    source: str


class Kind(msgspec.Struct, frozen=True):
    """Pods of one kind, as the chart scales them.

    Attributes:
        least: Pods that always run.
        most: Pods that autoscaling starts at most.
        burst: Pods that the clock asks for before a burst.
        cores: Cores of a pod.
    """

    least: int
    most: int
    burst: int
    cores: float

    def times(self, factor: float) -> "Kind":
        """Return a multiple, at least one pod."""
        least, most, burst = (
            math.ceil(size * factor) for size in (self.least, self.most, self.burst)
        )
        return Kind(least, most, burst, self.cores)


class Fleet(msgspec.Struct, frozen=True):
    """A fleet.

    Attributes:
        api: The API pods.
        worker: The worker pods.
        places: Uploads that an API pod takes in at the same time.
        mongodb_cores: Cores of each of three members.
        balancer_bytes: What the balancer passes on in a second.
        growth_percent: By how much autoscaling grows at once.
        growth_seconds: The time between two of these.
        drain_seconds: The time in which autoscaling wants to finish what waits.
        ahead: Whether the clock starts pods ten minutes before the burst.
    """

    api: Kind
    worker: Kind
    places: int
    mongodb_cores: float
    balancer_bytes: float
    growth_percent: float
    growth_seconds: float
    drain_seconds: float
    ahead: bool = True


class Case(msgspec.Struct, frozen=True):
    """One case.

    Attributes:
        name: What the tables call it.
        users: Users who each send one photo at 10:00.
        fleet: The fleet.
        costs: What a photo costs.
        photo_bytes: Size of a photo.
        recoveries: How long parts are away.
        assumptions: Figures that were not measured.
        spread_seconds: Time over which the app spreads what it sends; 0: all at once.
        retry_seconds: Shortest and longest time that a refused upload waits. Today the API asks for
            a second, and for up to two more by chance.
        zone_lost_at: When a third of all pods and the primary are lost, in seconds after 10:00.
        in_gridfs: Whether bytes go to MongoDB, else to an object store.
    """

    name: str
    users: int
    fleet: Fleet
    costs: Costs
    photo_bytes: float
    recoveries: Recoveries
    assumptions: Mapping[str, float]
    spread_seconds: float = 0.0
    retry_seconds: tuple[float, float] = (1.0, 3.0)
    zone_lost_at: float | None = None
    in_gridfs: bool = False


def read_assumptions(path: Path = ASSUMPTIONS) -> dict[str, Assumption]:
    """Read the figures that were not measured."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Assumption])


def fleet_of_chart(size: str, gigabytes: float, mongodb_cores: float) -> Fleet:
    """Read a fleet from the values of the chart.

    Args:
        size: A file of deploy/chart/sizes, without its suffix.
        gigabytes: What the balancer passes on in a second.
        mongodb_cores: Cores of each member; the chart brings no MongoDB.
    """
    values = _merged(
        yaml.safe_load((CHART / "values.yaml").read_text()),
        yaml.safe_load((CHART / "sizes" / f"{size}.yaml").read_text()),
    )
    scaling, api = values["scaling"], values["api"]
    policy = _POLICY.search((CHART / "templates" / "scaledobjects.yaml").read_text())
    if policy is None:
        raise LookupError("the chart has no policy for growing")
    return Fleet(
        api=_kind(scaling["api"], _cores(api["resources"]["requests"]["cpu"])),
        worker=_kind(scaling["worker"], float(values["worker"]["children"])),
        places=int(api["settings"].get("MINILAB_MAX_CONCURRENT_UPLOADS", 128)),
        mongodb_cores=mongodb_cores,
        balancer_bytes=gigabytes * 1e9,
        growth_percent=float(policy[1]),
        growth_seconds=float(policy[2]),
        drain_seconds=float(scaling["drainSeconds"]),
    )


def _kind(scaled: Mapping[str, int], cores: float) -> Kind:
    return Kind(scaled["min"], scaled["max"], scaled["burst"], cores)


def _cores(asked: str) -> float:
    return float(asked[:-1]) / 1000 if asked.endswith("m") else float(asked)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(name), dict)
        merged[name] = _merged(below[name], value) if both else value
    return merged
