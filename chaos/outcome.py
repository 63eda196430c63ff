"""The outcome of a fault run, and the rows of its table."""

from collections import Counter
from datetime import timedelta

import msgspec
from bson import Timestamp

from chaos.checks import (
    Ends,
    count_open,
    find_accepted_twice,
    find_cut_blobs,
    find_unlike_jobs,
    find_wrong_counts,
    read_ends,
)
from chaos.load import Record
from chaos.webhooks import Delivered
from storage.mongo.client import Client, Database

Violations = dict[str, list[str]]
"""What breaks each promise, by name of the promise; all lists must be empty."""


class Line(msgspec.Struct, frozen=True):
    """A row of a table.

    Attributes:
        name: What was counted or measured.
        value: The figure, formatted.
        kept: Whether the promise is kept; None without a promise.
        detail: Whether the row only explains an earlier one.
    """

    name: str
    value: str
    kept: bool | None = None
    detail: bool = False


class Run(msgspec.Struct, frozen=True):
    """A fault run.

    Attributes:
        rounds: Number of rounds.
        seconds: Duration of the uploads.
        faults: Number of faults by kind and target.
        answers: Number of answers to uploads, by status.
        polls: Number of answers to polls, by status.
        tickets: Number of tickets that clients got.
        repeated: Number of these with an Idempotency-Key.
        jobs: Number of jobs in the database.
        images: Number of images in the database.
        errors: Number of failed images by reason.
        own_ends: Processes that ended although no fault ended them.
        longest_wait_seconds: Longest time from a job's creation to its end.
        longest_outage_seconds: Longest time between two tickets of all clients.
        drain_seconds: Time from the last fault until all jobs ended.
        delivery_seconds: Time from the last fault until healthy receivers had all events.
        delivered: Messages of the healthy receivers.
        violations: What breaks each promise.
        ticket_times: When each ticket reached its client, in seconds of Unix time.
        waits: When each job was made, and the seconds from then to its end.
    """

    rounds: int
    seconds: float
    faults: dict[str, int]
    answers: dict[str, int]
    polls: dict[str, int]
    tickets: int
    repeated: int
    jobs: int
    images: int
    errors: dict[str, int]
    own_ends: list[str]
    longest_wait_seconds: float
    longest_outage_seconds: float
    drain_seconds: float
    delivery_seconds: float
    delivered: Delivered
    violations: Violations
    ticket_times: list[float]
    waits: list[tuple[float, float]]

    @property
    def broken(self) -> Violations:
        """The promises that are broken."""
        return {name: found for name, found in self.violations.items() if found}


async def find_violations(
    client: Client, database: Database, since: Timestamp, record: Record, still_open: list[str]
) -> Violations:
    """Compare the answers that clients got with the database, before anything is swept.

    Args:
        client: A client of the service's MongoDB.
        database: The service's database.
        since: Time of the first write that counts.
        record: The answers.
        still_open: Tickets whose end no client has seen.

    Returns:
        All violations except those of events, orphans and invariants.
    """
    try:
        ends = await read_ends(client, database, since)
    except LookupError as error:  # What can be counted without it is counted.
        ends = Ends(Counter(), Counter(), [str(error)])
    jobs = {job["_id"] async for job in database["jobs"].find({}, {"_id": 1})}
    images = {image["_id"] async for image in database["images"].find({}, {"_id": 1})}
    with_images = set(await database["images"].distinct("job_id"))
    open_count = await count_open(database)
    counts = await find_wrong_counts(database)
    return {
        "lost": sorted({*still_open, *(record.tickets.keys() - jobs)}),
        "images and jobs still open": [f"{open_count} images and jobs"] if open_count else [],
        "requests accepted twice": await find_accepted_twice(database),
        "results written twice": [*ends.of_images_twice, *ends.changed_results],
        "ends of jobs written twice": ends.of_jobs_twice,
        "ends that were never written": sorted(
            (images - set(ends.images)) | (with_images - set(ends.jobs))
        ),
        "blobs whose image count is wrong": [f"{sha}: {count}" for sha, count in counts.items()],
        "blobs of which bytes are missing": await find_cut_blobs(database),
        "jobs whose tally is wrong": await find_unlike_jobs(database),
        "tickets of which a whole picture failed": [
            ticket.job_id for ticket in record.tickets.values() if ticket.failed > ticket.bad
        ],
        "answers that no fault excuses (a 500, a 404, another job)": record.faulty,
    }


def lines_of(run: Run) -> list[Line]:
    """Make the rows of the table."""
    delivered, lost = run.delivered, run.violations["lost"]
    arrived = ", ".join(f"{count:,}" for count in delivered.arrived.values())
    return [
        Line("rounds", f"{run.rounds} in {timedelta(seconds=round(run.seconds))}"),
        *_counted("faults", run.faults),
        *_counted("uploads answered", run.answers),
        *_counted("polls answered", run.polls),
        Line("jobs and images made", f"{run.jobs:,} and {run.images:,}"),
        *_counted("images that failed, by reason", run.errors),
        Line("tickets given", f"{run.tickets:,}"),
        Line("for an Idempotency-Key", f"{run.repeated:,}", detail=True),
        Line("terminal", f"{run.tickets - len(lost):,}", kept=not lost),
        *_counted("events made", delivered.events),
        Line("delivered at least once at each healthy receiver", arrived, kept=not delivered.lost),
        Line("sent again under the same ID, at healthy receivers", f"{delivered.again:,}"),
        Line("messages to receivers of all kinds", f"{delivered.messages:,}"),
        *(Line(name, f"{len(found):,}", kept=not found) for name, found in run.violations.items()),
        Line("processes that ended by themselves", _listed(run.own_ends)),
        Line("longest wait of a ticket", f"{run.longest_wait_seconds:.1f} s"),
        Line("longest outage (no ticket for any client)", f"{run.longest_outage_seconds:.1f} s"),
        Line("until all had ended, after the last fault", f"{run.drain_seconds:.1f} s"),
        Line("until all events had been delivered", f"{run.delivery_seconds:.1f} s"),
    ]


def _counted(name: str, counts: dict[str, int]) -> list[Line]:
    each = [Line(which, f"{count:,}", detail=True) for which, count in counts.items() if count]
    return [Line(name, f"{sum(counts.values()):,}"), *each]


def _listed(names: list[str]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in Counter(names).items()) or "0"
