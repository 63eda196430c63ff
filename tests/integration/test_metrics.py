"""The page for Prometheus: one for the whole service, without data of a tenant."""

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from storage.backlog.queue_state import SMALL_BACKLOG_IMAGES
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Metrics:
    """A page, by name and labels."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.names = [family.name for family in families]
        self._samples = [sample for family in families for sample in family.samples]

    def values(self, name: str, **labels: str) -> list[float]:
        return [
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def one(self, name: str, **labels: str) -> float:
        (value,) = self.values(name, **labels)
        return value

    def labels(self, name: str) -> list[dict[str, str]]:
        return [sample.labels for sample in self._samples if sample.name == name]


async def scrape(service: Service) -> Metrics:
    answer = await service.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Metrics(answer.text)


async def scrape_until(service: Service, name: str, least: float, **labels: str) -> Metrics:
    """Scrape until the sum of a family's samples has come up to a value."""

    async def scraped() -> Metrics | None:
        metrics = await scrape(service)
        return metrics if sum(metrics.values(name, **labels)) >= least else None

    return await until(scraped)


async def test_one_page_shows_requests_work_and_workers(working_service: Service) -> None:
    service = working_service
    await service.process([("a.jpg", draw()), ("b.jpg", draw(80, 60)), ("c.txt", b"no image")])
    # The worker's heartbeat brings its counts. Those of the stores it shares with the API here.
    metrics = await scrape_until(service, "minilab_jobs_finished_total", 2, outcome="partial")
    assert set(metrics.values("minilab_images_finished_total", outcome="succeeded")) == {2}
    assert set(metrics.values("minilab_jobs_finished_total", outcome="partial")) == {1}
    assert set(metrics.values("minilab_job_duration_seconds_count")) == {1}
    (worker,) = {found["worker"] for found in metrics.labels("minilab_chunks_in_progress")}
    for operation in ("decode", "metadata", "histogram", "faces", "fingerprint", "thumbnail"):
        labels = {"operation": operation, "worker": worker}
        assert metrics.one("minilab_operation_duration_seconds_count", **labels) == 2
        assert metrics.one("minilab_operation_duration_seconds_sum", **labels) > 0
    assert metrics.one("minilab_upload_files_total", outcome="taken") == 2
    assert metrics.one("minilab_upload_files_total", outcome="refused") == 1
    assert metrics.one("minilab_upload_bytes_total") == len(draw()) + len(draw(80, 60))
    assert metrics.one("minilab_admission_decisions_total", decision="admitted") == 1
    posted = {"method": "POST", "route": "/v1/jobs"}
    assert metrics.one("minilab_http_requests_total", status="2xx", **posted) == 1
    assert metrics.one("minilab_http_request_duration_seconds_count", **posted) == 1
    assert metrics.one("minilab_workers") == 1
    assert metrics.one("minilab_up", part="mongodb") == 1
    assert metrics.one("minilab_up", part="redis") == 1
    assert metrics.one("minilab_dead_letters") == 0
    assert metrics.one("minilab_statistics_unfolded_images") >= 0
    assert metrics.one("minilab_statistics_lag_seconds") >= 0
    assert metrics.values("minilab_children_killed_total", reason="decoder_died") == [0, 0]
    assert len(metrics.labels("minilab_build_info")) == 1
    assert min(metrics.values("process_resident_memory_bytes")) > 1e6
    assert len(metrics.names) == len(set(metrics.names))


async def test_queue_is_shown_by_class_and_never_by_tenant(service: Service) -> None:
    client = await service.make_key("client", "u-secret-1")
    await service.send([("a.jpg", draw())], key=client)
    many = [(f"{n}.jpg", draw() + str(n).encode()) for n in range(SMALL_BACKLOG_IMAGES + 1)]
    await service.send(many, user_id="u-secret-2")
    metrics = await scrape_until(service, "minilab_queue_images", len(many) + 1)
    assert metrics.one("minilab_queue_images", role="client", backlog="small") == 1
    assert metrics.one("minilab_queue_tenants", role="client", backlog="small") == 1
    assert metrics.one("minilab_queue_images", role="admin", backlog="large") == len(many)
    assert metrics.one("minilab_queue_images", role="service", backlog="small") == 0
    assert metrics.one("minilab_queue_oldest_seconds", role="admin", backlog="large") > 0
    assert metrics.one("minilab_jobs_open") == 2
    # Nobody looks after the work.
    await scrape_until(service, "minilab_reconciler_lag_seconds", 0.1)
    text = (await service.client.get("/metrics")).text
    assert "u-secret" not in text
    assert client not in text
    assert ADMIN_KEY not in text


async def test_many_unknown_paths_and_methods_make_one_series(service: Service) -> None:
    for number, method in enumerate(["COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND"]):
        await service.client.get(f"/nowhere/{number}")
        await service.client.request(method, f"/v1/jobs/{number}")
    metrics = await scrape(service)
    assert metrics.one("minilab_http_requests_total", route="unmatched", method="GET") == 5
    assert metrics.one("minilab_http_requests_total", method="other", status="4xx") == 5


@pytest.mark.parametrize(
    "accept",
    [
        OPENMETRICS,
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
    ],
)
async def test_openmetrics_is_written_where_it_is_asked_for(service: Service, accept: str) -> None:
    answer = await service.client.get("/metrics", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1")
    read = openmetrics.text_string_to_metric_families
    families = list(read(answer.text))  # type: ignore[no-untyped-call]
    assert "minilab_up" in {family.name for family in families}


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=abc",
        "application/openmetrics-text;version=9.9.9",
        "text/plain;version=1.x",
        "text/plain;escaping=nonsense",
        "image/png",
        "\xe9;;=,",
    ],
)
async def test_any_accept_header_gets_metrics(service: Service, accept: str) -> None:
    answer = await service.client.get("/metrics", headers=[(b"Accept", accept.encode("latin-1"))])
    assert answer.status_code == 200
    assert b"minilab_up" in answer.content


async def test_metrics_need_no_key_on_this_machine_unless_told_so(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        assert (await stranger.get("/metrics")).status_code == 200
    client = await service.make_key("client", "u1")
    async with running_service(service.environ | {"MINILAB_METRICS_OPEN": "false"}) as closed:
        assert (await closed.client.get("/metrics")).status_code == 200
        async with httpx.AsyncClient(base_url=closed.client.base_url) as stranger:
            assert_problem(await stranger.get("/metrics"), 401, "unauthenticated")
            answer = await stranger.get("/metrics", headers=authorization(client))
            assert_problem(answer, 403, "forbidden")


async def test_metrics_are_there_without_mongodb_and_redis(service: Service) -> None:
    nowhere = {
        "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1/?replicaSet=rs",
        "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
    }
    app = running_service(service.environ | nowhere)
    async with app as alone:
        metrics = await scrape(alone)
        assert metrics.one("minilab_up", part="mongodb") == 0
        assert metrics.one("minilab_up", part="redis") == 0
        assert metrics.values("minilab_queue_images") == []
        assert len(metrics.labels("minilab_build_info")) == 1
