"""The measured figures of ``make bench`` and of ``make fleet``, by name."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

FOLDER = Path(__file__).parent.parent / "benchmarks"
BENCH, FLEET = FOLDER / "figures.json", FOLDER / "fleet.json"
Figures = Mapping[str, Mapping[str, float]]
"""Figures by the line of `make bench` and the name of the row. Rows with one name: the first."""


class Costs(msgspec.Struct, frozen=True):
    """What a photo costs.

    Attributes:
        api_seconds: Processor time of the API to accept one.
        group_seconds: Processor time of MongoDB for each group of tickets that is committed.
        ticket_seconds: Processor time of MongoDB for each ticket in a group.
        mongodb_work_seconds: Processor time of MongoDB to claim, finish and settle one.
        mongodb_seconds_a_byte: Processor time of MongoDB to store and read a byte: in GridFS, or
            nearly nothing.
        worker_seconds: Processor time of worker and child.
        delivery_seconds: Processor time of a deliverer for an event.
        refusal_seconds: Time of the API to refuse a request: that of one that reads nothing.
    """

    api_seconds: float
    group_seconds: float
    ticket_seconds: float
    mongodb_work_seconds: float
    mongodb_seconds_a_byte: float
    worker_seconds: float
    delivery_seconds: float
    refusal_seconds: float


class Recoveries(msgspec.Struct, frozen=True):
    """How long a part is away, measured by `make fleet` on one machine.

    Attributes:
        election_seconds: No ticket for anyone after the primary was killed.
        worker_start_seconds: From the start of a worker until it takes work.
    """

    election_seconds: float
    worker_start_seconds: float


def read_figures(path: Path = BENCH) -> dict[str, dict[str, float]]:
    """Read the figures of `make bench`."""
    found: dict[str, dict[str, float]] = {}
    for section in msgspec.json.decode(path.read_bytes())["sections"]:
        rows = found.setdefault(section["line"], {})
        above = ""
        for row in section["rows"]:
            rows.setdefault(row["name"], row["figure"])
            if row["limit"] is not None:
                rows.setdefault(f"{row['name']} · limit", row["limit"])
            if row["detail"]:
                rows[f"{above} · {row['name']}"] = row["figure"]
            else:
                above = row["name"]
    return found


def read_recoveries(path: Path = FLEET) -> Recoveries:
    """Read the medians of the faults of `make fleet`."""
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    killed = [fault for fault in found["faults"] if fault["kind"].startswith("kill the primary")]
    return Recoveries(
        median(fault["outage_seconds"] for fault in killed), median(found["start_seconds"])
    )


def costs_of_photo(
    figures: Figures, megabytes: float, *, shrunk: bool, in_bucket: bool = False
) -> Costs:
    """Compute what a photo of 12 megapixels costs that is sent with an `Idempotency-Key`.

    Args:
        figures: Those of `make bench`.
        megabytes: Size of its file.
        shrunk: Whether the app sends it at the size at which faces are looked for. A tenth of its
            pixels are left, and what reads all pixels takes a tenth of the time.
        in_bucket: Whether its bytes go to a bucket.
    """
    large, small, parts = figures["large"], figures["small"], figures["operations"]
    tickets = figures["acceptance"]
    measured_bytes = large["size of a photo"] * 1e6
    # A file of figures that was written before there was a bucket has none of one.
    stored = figures.get("bucket", large) if in_bucket else large
    of_bytes = _ms(stored, "MongoDB") - _ms(small, "MongoDB")
    api_of_bytes = _ms(stored, "API") - _ms(small, "API")
    work = _ms(large, "worker's children") + _ms(stored, "worker")
    if shrunk:
        every_pixel = ("decoding to gray", "decoding to colour", "histogram", "shrinking the gray")
        work -= 0.9 * sum(parts[f"12 MP: {part}"] for part in every_pixel)
    keyed = "requests accepted and durable, 1 file, 16 clients, Idempotency-Key"
    one, sixteen, with_key = (
        figures["statistics"]["MongoDB's processor time for it"],
        tickets["requests accepted and durable, 1 file, 16 clients · processor time of MongoDB"],
        tickets[f"{keyed} · processor time of MongoDB"],
    )
    many = tickets["requests accepted and durable, 50 files, 4 clients · processor time of MongoDB"]
    group = max(0.0, (one - sixteen) * 16 / 15)
    return Costs(
        api_seconds=(
            tickets[f"{keyed} · processor time of API"]
            + max(0.0, api_of_bytes) * megabytes * 1e6 / measured_bytes
        )
        / 1000,
        group_seconds=group / 1000,
        ticket_seconds=max(0.0, one - group + with_key - sixteen) / 1000,
        mongodb_work_seconds=max(0.0, _ms(small, "MongoDB") - many / 50) / 1000,
        mongodb_seconds_a_byte=max(0.0, of_bytes) / 1000 / measured_bytes,
        worker_seconds=work / 1000,
        delivery_seconds=figures["webhooks"]["processor time of the deliverer"] / 1000,
        refusal_seconds=figures["statistics"]["read of 100,000 images, 99th percentile · limit"]
        / 1000,
    )


def _ms(rows: Mapping[str, float], part: str) -> float:
    return rows[f"processor time of {part}"]
