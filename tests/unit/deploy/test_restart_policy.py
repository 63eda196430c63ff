from itertools import accumulate, repeat

from deploy.supervisor import RestartPolicy

POLICY = RestartPolicy(first_pause_seconds=0.5, longest_pause_seconds=30, steady_seconds=60)


def test_pause_doubles_up_to_the_longest() -> None:
    pauses = accumulate(repeat(1.0, 8), POLICY.next_pause, initial=0.0)
    assert list(pauses)[1:] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_pause_starts_over_after_a_steady_run() -> None:
    assert POLICY.next_pause(last_pause_seconds=30, ran_seconds=60) == 0.5


def test_short_run_does_not_reset_the_pause() -> None:
    assert POLICY.next_pause(last_pause_seconds=4, ran_seconds=59.9) == 8
