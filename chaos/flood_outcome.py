"""The outcome of a flood, and the rows of its table."""

from collections import Counter

import msgspec

from benchmarks.harness.meter import percentile
from chaos.flood_clients import FloodAnswers, Polls
from chaos.memory import Samples, mean_of_ends
from chaos.outcome import Line

LEAST_RATIO = 0.8
FLAT = 1.2
ALLOWED = {"202", "429", "503"}
_LEAST_SAMPLES = 10


class Plan(msgspec.Struct, frozen=True):
    """Parameters of a flood.

    Attributes:
        tenants: Number of keys, each of another user.
        uploads: Number of requests with one small file each.
        seconds: Time in which they are sent.
        bench_files: Number of small photos for the measurements before and after the flood.
    """

    tenants: int
    uploads: int
    seconds: float
    bench_files: int


class Flood(msgspec.Struct, frozen=True):
    """The outcome of a flood.

    Attributes:
        plan: The parameters.
        bench_per_second: Small photos a second, fifty a request, mean of before and after.
        single_per_second: Small photos a second, one a request, before the flood.
        parts: Answers to the sending processes.
        polls: Answers to the polling process.
        begin: Begin of the flood, on the monotonic clock.
        ended: Number of ended jobs.
        drain_per_second: Images a second, from the begin of the flood until all ended.
        after_per_second: Images a second, from the last answer until all ended.
        memory: Samples of each process, in MB.
        answered_samples: Number of samples before the last answer.
        bench_cpu_ms: Processor time of each part for a photo, fifty a request.
        flood_cpu_ms: Processor time of each part for a photo of the flood.
    """

    plan: Plan
    bench_per_second: float
    single_per_second: float
    parts: list[FloodAnswers]
    polls: Polls
    begin: float
    ended: int
    drain_per_second: float
    after_per_second: float
    memory: Samples
    answered_samples: int
    bench_cpu_ms: dict[str, float]
    flood_cpu_ms: dict[str, float]

    @property
    def tickets(self) -> int:
        """Number of accepted uploads."""
        return sum(len(part.tickets) for part in self.parts)


def lines_of(flood: Flood) -> list[Line]:
    """Make the rows of the table."""
    answered_at = max(part.answered_at for part in flood.parts)
    during = [seconds for at, seconds in flood.polls.seconds if at < answered_at]
    after = [seconds for at, seconds in flood.polls.seconds if at >= answered_at]
    return [
        *_answer_lines(flood, answered_at - flood.begin),
        Line("tickets that ended", f"{flood.ended:,}", kept=flood.ended == flood.tickets),
        *_rate_lines(flood),
        Line("status poll during the flood, p50 and p99", _p50_p99(during)),
        Line("status poll while it drains, p50 and p99", _p50_p99(after)),
        *_memory_lines(flood.memory, flood.answered_samples),
    ]


def _answer_lines(flood: Flood, answered_seconds: float) -> list[Line]:
    answers = sum((Counter(part.answers) for part in flood.parts), Counter[str]())
    times = [seconds for part in flood.parts for seconds in part.answer_seconds]
    sent_seconds = max(part.sent_at for part in flood.parts) - flood.begin
    plan = flood.plan
    return [
        Line("tenants", f"{plan.tenants:,}"),
        Line("uploads, a connection each", f"{plan.uploads:,} sent in {sent_seconds:.1f} s"),
        *(
            Line(f"answered {name}", f"{count:,}", kept=name in ALLOWED)
            for name, count in sorted(answers.items())
        ),
        Line("last answer after", f"{answered_seconds:.1f} s"),
        Line("time to an answer, p50 and p99", _p50_p99(times), detail=True),
    ]


def _rate_lines(flood: Flood) -> list[Line]:
    fifty, single = flood.bench_per_second, flood.single_per_second
    ratio = flood.after_per_second / fifty
    return [
        Line("small photos before and afterwards, 50 a request", f"{fifty:.0f} a s"),
        Line("small photos before the flood, 1 a request", f"{single:.0f} a s"),
        Line("drained, after the last answer of the flood", f"{flood.after_per_second:.0f} a s"),
        Line(
            f"the same ÷ that, 50 a request (≥ {LEAST_RATIO})",
            f"{ratio:.2f}",
            kept=ratio >= LEAST_RATIO,
        ),
        Line("drained, while it takes uploads in as well", f"{flood.drain_per_second:.0f} a s"),
        Line(
            "the same ÷ that, 50 and 1 a request",
            f"{flood.drain_per_second / fifty:.2f} and {flood.drain_per_second / single:.2f}",
        ),
        *(
            Line(
                f"processor time of {part}, before (50 a request) → flood",
                f"{flood.bench_cpu_ms[part]:.1f} → {ms:.1f} ms",
                detail=True,
            )
            for part, ms in flood.flood_cpu_ms.items()
        ),
    ]


def _memory_lines(memory: Samples, answered: int) -> list[Line]:
    lines = []
    for name, samples in memory.items():
        first, last = mean_of_ends(samples[answered:] or samples[-1:])
        value = f"{samples[0]:.0f}, {first:.0f} → {last:.0f} MB"
        whose = name.rsplit(" ", 1)[0] if "child" in name else name
        what = f"memory of {whose}, before; all answered → drained"
        lines.append(Line(what, value, kept=last <= FLAT * first))
    return lines


def _p50_p99(seconds: list[float]) -> str:
    if len(seconds) < _LEAST_SAMPLES:
        return "too few"
    return " and ".join(f"{1000 * percentile(seconds, share):,.0f}" for share in (50, 99)) + " ms"
