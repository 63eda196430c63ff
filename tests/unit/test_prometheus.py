"""Counts of several processes on one page."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from domain.jobs import Status
from storage.clock import new_id
from storage.ledger.work_metrics import WorkMetrics
from telemetry.prometheus import MetricsPage, pack

IN_THE_YEAR_2700 = "14f7d2f1-8800-7000-8000-000000000000"


def samples(page: MetricsPage) -> dict[tuple[str, str], float]:
    """Give the values by name and worker."""
    return {
        (sample.name, sample.labels.get("worker", "")): sample.value
        for family in text_string_to_metric_families(generate_latest(page).decode())
        for sample in family.samples
    }


def counting(count: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("work_done", "Work.", registry=registry).inc(count)
    return registry


def test_each_family_is_there_once_with_the_values_of_all() -> None:
    page = MetricsPage(
        [counting(1)], {"host:7": pack([counting(20)]), "host:8": pack([counting(300)])}
    )
    assert samples(page) == {
        ("work_done_total", ""): 1,
        ("work_done_total", "host:7"): 20,
        ("work_done_total", "host:8"): 300,
    }
    assert generate_latest(page).count(b"# TYPE work_done_total counter") == 1


def test_a_histogram_survives_the_way() -> None:
    registry = CollectorRegistry()
    Histogram("took_seconds", "Time.", ["what"], buckets=(1, 2), registry=registry).labels(
        'a "quoted" \\ name'
    ).observe(1.5)
    own = generate_latest(MetricsPage([registry], {}))
    carried = generate_latest(MetricsPage([], {"w": pack([registry])}))
    assert carried.replace(b',worker="w"', b"") == own
    assert b'took_seconds_bucket{le="2.0"' in own


def test_a_worker_of_another_version_does_not_spoil_the_page() -> None:
    other = CollectorRegistry()
    Gauge("work_done", "Not a counter there.", registry=other).set(5)
    Gauge("new_there", "Not known here.", registry=other).set(6)
    found = samples(
        MetricsPage([counting(1)], {"w": pack([other]), "broken": b"\xc1", "odd": b"\x01"})
    )
    assert found == {("work_done_total", ""): 1, ("new_there", "w"): 6}


def test_a_job_whose_id_is_from_the_future_took_no_time() -> None:
    metrics = WorkMetrics()
    metrics.job_ended(IN_THE_YEAR_2700, Status.FAILED)
    metrics.job_ended(new_id(), Status.SUCCEEDED)
    found = samples(MetricsPage([metrics.registry], {}))
    assert found["minilab_job_duration_seconds_count", ""] == 2
    assert 0 <= found["minilab_job_duration_seconds_sum", ""] < 60
