"""The cost of a fleet in a month, at list prices."""

from simulation.plan import Case
from simulation.run import Outcome

HOURS = 730
BURSTS = 60
"""Two a day."""
MEMBERS = 3


def dollars_a_month(case: Case, outcome: Outcome) -> dict[str, float]:
    """Compute the parts of the bill.

    Args:
        case: The case; its users send twice a day.
        outcome: A run of it.
    """
    price, fleet = case.assumptions, case.fleet
    least = fleet.worker.least * fleet.worker.cores + fleet.api.least * fleet.api.cores
    gigabytes = case.users * case.photo_bytes / 1e9 * BURSTS
    kept = gigabytes * price["kept_days"] / 30
    bytes_kept = kept * price["store_gigabyte_month_dollars"]
    bytes_kept += case.users * BURSTS * price["store_put_dollars"]
    size = "small_" if case.in_gridfs else ""
    disks = price[f"{size}disk_month_dollars"] * max(1.0, fleet.mongodb_cores / 8)
    cores = fleet.mongodb_cores * HOURS * price["mongodb_core_hour_dollars"]
    burst_hours = BURSTS * (outcome.worker_core_hours + outcome.api_core_hours)
    return {
        "workers and API in bursts": burst_hours * price["core_hour_dollars"],
        "workers and API between them": least * HOURS * price["core_hour_dollars"],
        "MongoDB": MEMBERS * (cores + disks),
        "bytes": 0.0 if case.in_gridfs else bytes_kept,
        "balancer": gigabytes * price["balancer_gigabyte_dollars"] + price["balancer_dollars"],
        "the rest": price[f"{size}always_dollars"],
    }
