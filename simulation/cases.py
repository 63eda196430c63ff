"""The cases that are simulated: sizes, and what goes differently at 100,000 users."""

from collections.abc import Mapping

from msgspec.structs import replace

from simulation.figures import Recoveries, costs_of_photo, read_figures, read_recoveries
from simulation.plan import Case, Fleet, fleet_of_chart, read_assumptions

LARGE = 100_000
MONGODB_CORES = 8


def known_values() -> dict[str, float]:
    """Read the values of the assumptions."""
    return {name: one.value for name, one in read_assumptions().items()}


def case_of_users(
    users: int,
    known: Mapping[str, float],
    recoveries: Recoveries | None = None,
    *,
    shrunk: bool = False,
) -> Case:
    """Make the case of a number of users, with the fleet of the chart for them.

    Args:
        users: 1,000 take the size `thousand` of the chart, others a multiple of the large one.
        known: The assumptions.
        recoveries: How long parts are away; None: as `make fleet` measured.
        shrunk: Whether the app shrinks photos.
    """
    megabytes = known["shrunk_photo_megabytes" if shrunk else "photo_megabytes"]
    is_small = users <= 1000
    return Case(
        name=f"{users:,} users",
        users=users,
        fleet=_fleet(users, known["balancer_gigabytes"], is_small=is_small),
        costs=costs_of_photo(read_figures(), megabytes, shrunk=shrunk, in_bucket=not is_small),
        photo_bytes=megabytes * 1e6,
        recoveries=recoveries or read_recoveries(),
        assumptions=known,
        in_gridfs=is_small,
    )


def _fleet(users: int, gigabytes: float, *, is_small: bool) -> Fleet:
    if is_small:
        return fleet_of_chart("thousand", gigabytes / 10, MONGODB_CORES / 4)
    large = fleet_of_chart("hundred-thousand", gigabytes, MONGODB_CORES)
    factor = users / LARGE
    return replace(
        large,
        api=large.api.times(factor),
        worker=large.worker.times(factor),
        mongodb_cores=max(2.0, MONGODB_CORES * factor),
        balancer_bytes=large.balancer_bytes * factor,
    )


def sizes(known: Mapping[str, float]) -> list[Case]:
    """List the sizes."""
    return [case_of_users(users, known) for users in (1_000, 10_000, LARGE, 1_000_000)]


def variants(known: Mapping[str, float]) -> list[Case]:
    """List what goes differently for 100,000 users."""
    whole = case_of_users(LARGE, known)
    alone = replace(whole.fleet, ahead=False)
    return [
        replace(whole, name="a zone is lost at 10:01", zone_lost_at=60.0),
        replace(whole, name="a zone is lost at 10:00:20", zone_lost_at=20.0),
        replace(whole, name="nothing starts ahead: no cron", fleet=alone),
        replace(case_of_users(LARGE, known, shrunk=True), name="the app shrinks photos"),
        replace(
            whole,
            name="refused uploads wait for 5 to 30 s, not for 1 to 3 s",
            retry_seconds=(5.0, 30.0),
        ),
        replace(whole, name="the app spreads a minute", spread_seconds=60.0),
        replace(whole, name="the app spreads five minutes", spread_seconds=300.0),
    ]
