"""What came of a run, as the rows of its table."""

from collections import Counter
from datetime import timedelta

import msgspec
from bson import Timestamp

from chaos.books import (
    count_errors,
    count_open,
    find_accepted_twice,
    find_cut_blobs,
    find_longest_wait,
    find_unlike_jobs,
    find_wrong_counts,
    read_ends,
)
from chaos.listeners import Told
from chaos.load import Record
from storage.mongo.client import Client, Database


class Line(msgspec.Struct, frozen=True):
    """A row of a table.

    Attributes:
        name: What was counted or measured.
        value: How much, ready to be read.
        kept: Whether it is as promised; None where nothing was promised.
        detail: Whether it only explains an earlier row.
    """

    name: str
    value: str
    kept: bool | None = None
    detail: bool = False


class Books(msgspec.Struct, frozen=True):
    """What was found when all had ended; each of these lists must be empty.

    Attributes:
        lost: Tickets that are not known, or have not ended.
        open: Images and jobs that have not ended.
        accepted_twice: Requests that became two jobs.
        results_twice: Images that ended twice, and blobs with a result replaced by another.
        events_twice: Jobs that ended twice.
        events_lost: What happened and was not told at a healthy receiver.
        events_made_twice: What was told under more than one ID.
        not_ended_once: Ended images and jobs of which the oplog has no end.
        orphans: Files, chunks and blobs without a parent.
        invariants: Invariants of the data that do not hold, with examples.
        wrong_counts: Blobs that count another number of images than there are.
        cut_blobs: Blobs of which bytes are missing.
        unlike_jobs: Jobs whose tally is not what their images say.
        failed_pictures: Tickets of which a whole picture failed.
        faulty: Answers that no fault excuses.
    """

    lost: list[str]
    open: list[str]
    accepted_twice: list[str]
    results_twice: list[str]
    events_twice: list[str]
    events_lost: list[str]
    events_made_twice: list[str]
    not_ended_once: list[str]
    orphans: list[str]
    invariants: list[str]
    wrong_counts: list[str]
    cut_blobs: list[str]
    unlike_jobs: list[str]
    failed_pictures: list[str]
    faulty: list[str]

    @property
    def broken(self) -> dict[str, list[str]]:
        """The lists that are not empty, by name."""
        return {name: found for name, found in msgspec.structs.asdict(self).items() if found}


async def look_through(
    client: Client, database: Database, since: Timestamp, record: Record, still_open: list[str]
) -> Books:
    """Compare what clients were told with what is there, before a sweeper has mended anything.

    Args:
        client: Of the service's MongoDB.
        database: Of the service.
        since: Time of the first write that counts.
        record: What the clients saw.
        still_open: Tickets whose end no client has seen.

    Returns:
        Everything but the orphans, which are for the sweeper, the invariants, and the events.
    """
    ends = await read_ends(client, database, since)
    jobs = {job["_id"]: job async for job in database["jobs"].find({}, {"status": 1, "tally": 1})}
    images = {image["_id"] async for image in database["images"].find({}, {"_id": 1})}
    with_images = set(await database["images"].distinct("job_id"))
    open_count = await count_open(database)
    return Books(
        lost=sorted({*still_open, *(t for t in record.tickets if t not in jobs)}),
        open=[f"{open_count} images and jobs"] if open_count else [],
        accepted_twice=await find_accepted_twice(database),
        results_twice=[*ends.of_images_twice, *ends.changed_results],
        events_twice=ends.of_jobs_twice,
        events_lost=[],
        events_made_twice=[],
        not_ended_once=sorted((images - set(ends.images)) | (with_images - set(ends.jobs))),
        orphans=[],
        invariants=[],
        wrong_counts=[f"{k}: {v}" for k, v in (await find_wrong_counts(database)).items()],
        cut_blobs=await find_cut_blobs(database),
        unlike_jobs=await find_unlike_jobs(database),
        failed_pictures=[t.job_id for t in record.tickets.values() if t.failed > t.bad],
        faulty=record.faulty,
    )


class Run(msgspec.Struct, frozen=True):
    """A run from begin to end.

    Attributes:
        rounds: How many rounds of faults.
        seconds: How long the clients uploaded.
        faults: What was done, how often.
        answers: What uploads were answered with, how often.
        polls: The same for polls.
        tickets: How many reached their clients.
        jobs: How many there are.
        images: How many there are.
        repeated: Tickets that were given for an Idempotency-Key.
        errors: Why images failed, how often.
        own_ends: Processes that ended though nobody had ended them.
        longest_wait_seconds: From the making of a job to its end.
        longest_outage_seconds: Between two tickets, all clients together.
        drain_seconds: From the last fault until all had ended.
        tell_seconds: From the last fault until all healthy receivers had been told.
        told: What they were told.
        books: What must be empty.
    """

    rounds: int
    seconds: float
    faults: dict[str, int]
    answers: dict[str, int]
    polls: dict[str, int]
    tickets: int
    jobs: int
    images: int
    repeated: int
    errors: dict[str, int]
    own_ends: list[str]
    longest_wait_seconds: float
    longest_outage_seconds: float
    drain_seconds: float
    tell_seconds: float
    told: Told
    books: Books


async def conclude(
    database: Database,
    record: Record,
    books: Books,
    *,
    rounds: int,
    seconds: float,
    faults: Counter[str],
    own_ends: list[str],
    drain_seconds: float,
    tell_seconds: float,
    told: Told,
) -> Run:
    """Gather everything that the table says."""
    return Run(
        rounds=rounds,
        seconds=seconds,
        faults=dict(sorted(faults.items())),
        answers=dict(sorted(record.answers.items())),
        polls=dict(sorted(record.polls.items())),
        tickets=len(record.tickets),
        jobs=await database["jobs"].count_documents({}),
        images=await database["images"].count_documents({}),
        repeated=sum(ticket.key is not None for ticket in record.tickets.values()),
        errors=dict(await count_errors(database)),
        own_ends=own_ends,
        longest_wait_seconds=await find_longest_wait(database),
        longest_outage_seconds=record.longest_outage_seconds,
        drain_seconds=drain_seconds,
        tell_seconds=tell_seconds,
        told=told,
        books=books,
    )


def lines_of(run: Run) -> list[Line]:
    """Write the rows of the table."""
    books, told = run.books, run.told
    arrived = ", ".join(f"{count:,}" for count in told.arrived.values())

    def zero(name: str, found: list[str]) -> Line:
        return Line(name, f"{len(found):,}", kept=not found)

    return [
        Line("rounds", f"{run.rounds} in {timedelta(seconds=round(run.seconds))}"),
        Line("faults", f"{sum(run.faults.values()):,}"),
        *_counted(run.faults),
        Line("uploads answered", f"{sum(run.answers.values()):,}"),
        *_counted(run.answers),
        Line("polls answered", f"{sum(run.polls.values()):,}"),
        *_counted(run.polls),
        Line("jobs and images made", f"{run.jobs:,} and {run.images:,}"),
        Line("images that failed, by reason", f"{sum(run.errors.values()):,}"),
        *_counted(run.errors),
        Line("tickets given", f"{run.tickets:,}"),
        Line("for an Idempotency-Key", f"{run.repeated:,}", detail=True),
        Line("terminal", f"{run.tickets - len(books.lost):,}", kept=not books.lost),
        zero("lost", books.lost),
        zero("images and jobs still open", books.open),
        zero("requests accepted twice", books.accepted_twice),
        zero("results written twice", books.results_twice),
        zero("ends of jobs written twice", books.events_twice),
        zero("ends that were never written", books.not_ended_once),
        Line("events made", f"{sum(told.events.values()):,}"),
        *_counted(told.events),
        Line("delivered at least once at each healthy receiver", arrived, kept=not told.lost),
        zero("events lost", books.events_lost),
        zero("events made twice (told under two IDs)", books.events_made_twice),
        Line("sent again under the same ID, at healthy receivers", f"{told.again:,}"),
        Line("messages to receivers of all kinds", f"{told.messages:,}"),
        zero("orphans after the sweep", books.orphans),
        zero("invariants broken (make verify-data)", books.invariants),
        zero("blobs whose image count is wrong", books.wrong_counts),
        zero("blobs of which bytes are missing", books.cut_blobs),
        zero("jobs whose tally is wrong", books.unlike_jobs),
        zero("tickets of which a whole picture failed", books.failed_pictures),
        zero("answers that no fault excuses (a 500, a 404, another job)", books.faulty),
        Line("processes that ended by themselves", _listed(run.own_ends)),
        Line("longest wait of a ticket", f"{run.longest_wait_seconds:.1f} s"),
        Line("longest outage (no ticket for any client)", f"{run.longest_outage_seconds:.1f} s"),
        Line("until all had ended, after the last fault", f"{run.drain_seconds:.1f} s"),
        Line("until all of it had been told", f"{run.tell_seconds:.1f} s"),
    ]


def _counted(counts: dict[str, int]) -> list[Line]:
    return [Line(name, f"{count:,}", detail=True) for name, count in counts.items() if count]


def _listed(names: list[str]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in Counter(names).items()) or "0"
