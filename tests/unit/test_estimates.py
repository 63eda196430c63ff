"""Estimates: the images ahead of a job, and the time until its end."""

import random

import pytest

from domain.fairness.estimates import (
    Backlog,
    OpenJob,
    QueuePlace,
    poll_after_ms,
    retry_after,
)


def place(jobs: list[tuple[str, str, int]], job_id: str, pace: float = 10.0) -> QueuePlace:
    """QueuePlace one of some jobs, given as ID, user and images."""
    known = [OpenJob(*job) for job in jobs]
    return Backlog(known).place(next(job for job in known if job.id == job_id), pace)


def test_first_job_has_nothing_ahead_and_takes_its_own_time() -> None:
    assert place([("1", "a", 20)], "1") == QueuePlace(0, 2.0)


def test_jobs_of_one_user_go_one_after_the_other() -> None:
    jobs = [("1", "a", 20), ("2", "a", 5), ("3", "a", 100)]
    assert place(jobs, "1") == QueuePlace(0, 2.0)
    assert place(jobs, "2") == QueuePlace(20, 2.5)
    assert place(jobs, "3") == QueuePlace(25, 12.5)


def test_small_job_does_not_wait_for_all_of_another_user() -> None:
    jobs = [("1", "a", 5000), ("2", "b", 1)]
    assert place(jobs, "2") == QueuePlace(0, 0.2)
    assert place(jobs, "1") == QueuePlace(0, 500.1)


def test_users_share_the_pace_until_each_is_done() -> None:
    jobs = [("1", "a", 30), ("2", "b", 10), ("3", "c", 100), ("4", "b", 20)]
    assert place(jobs, "2") == QueuePlace(0, 3.0)  # 10 each of a, b and c.
    assert place(jobs, "4") == QueuePlace(30, 9.0)  # 30 each.
    assert place(jobs, "1") == QueuePlace(0, 9.0)
    assert place(jobs, "3") == QueuePlace(0, 16.0)  # All.


def test_nobody_can_say_when_where_no_pace_is_known() -> None:
    assert place([("1", "a", 20), ("2", "a", 5)], "2", pace=0.0) == QueuePlace(20, None)


def test_job_that_is_new_is_seen_by_those_after_it() -> None:
    backlog = Backlog([])
    assert backlog.place(OpenJob("1", "a", 10), 10.0) == QueuePlace(0, 1.0)
    assert backlog.place(OpenJob("2", "a", 10), 10.0) == QueuePlace(10, 2.0)
    assert backlog.place(OpenJob("3", "b", 10), 10.0) == QueuePlace(0, 2.0)
    assert backlog.place(OpenJob("2", "a", 10), 10.0) == QueuePlace(20, 3.0)


def test_agrees_with_turns_that_are_played_out() -> None:
    dice = random.Random(7)  # noqa: S311
    users = [f"u{n}" for n in range(6)]
    jobs = [OpenJob(f"{n:03}", dice.choice(users), dice.choice([1, 2, 10, 50])) for n in range(40)]
    backlog = Backlog(jobs)
    ends = _play_turns(jobs)
    for job in jobs:
        eta = backlog.place(job, 1.0).eta_seconds
        assert eta == pytest.approx(ends[job.id], abs=len(users))


def _play_turns(jobs: list[OpenJob]) -> dict[str, int]:
    """Hand out one image a turn and say after how many each job was done."""
    queues: dict[str, list[str]] = {}
    for job in jobs:
        queues.setdefault(job.user_id, []).extend([job.id] * job.images)
    ends: dict[str, int] = {}
    done = 0
    while any(queues.values()):
        for queue in queues.values():
            if queue:
                done += 1
                ends[queue.pop(0)] = done
    return ends


@pytest.mark.parametrize(
    ("eta_seconds", "seconds"), [(0.0, 1), (0.2, 1), (1.1, 2), (29.5, 30), (9000.0, 30), (None, 5)]
)
def test_asking_again_is_worth_it_when_the_job_may_be_done(
    eta_seconds: float | None, seconds: int
) -> None:
    assert retry_after(eta_seconds) == seconds


@pytest.mark.parametrize(
    ("eta_seconds", "milliseconds"),
    [(0.0, 20), (0.0251, 26), (0.4, 400), (29.5, 29_500), (9000.0, 30_000), (None, 1000)],
)
def test_poll_follows_the_estimate_of_small_jobs(
    eta_seconds: float | None, milliseconds: int
) -> None:
    assert poll_after_ms(eta_seconds) == milliseconds
