"""Dashboards, alerts and autoscaling ask a real Prometheus that scrapes the real processes."""

import asyncio
import json
import math
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from benchmarks.harness.receivers import Receivers
from deploy.manifests.helm import CHART, HELM, NAMESPACE, render
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from tasks.learning.learner import Learner
from tasks.learning.settings import read_settings
from tests.faults.stack import Stack, pictures, running_stack
from tests.labelled_images import add_images, draw_vectors
from tests.service import ADMIN_KEY, NO_TLS
from tests.trained_models import store_model
from tests.waiting import until
from tests.webhooks import ALLOWED

pytestmark = [pytest.mark.long, pytest.mark.slow]

LEARNING: dict[str, object] = {"learning": True, "learning_processes": 1}
PLAIN = "plain"
"""The namespace of what the API shows of all workers, as docs/operations.md scrapes it."""
THRESHOLD = re.compile(r"\s+[<>]\s+[\d.e]+$")


class Prometheus:
    """A Prometheus, and what it answers."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, query: str) -> list[float]:
        """Ask a query, and give the numbers of the answer."""
        answer = await self._client.get("/api/v1/query", params={"query": query})
        assert answer.status_code == 200, f"{query}: {answer.text}"
        result = answer.json()["data"]["result"]
        values = (float(one["value"][1]) for one in result)
        return [value for value in values if not math.isnan(value)]

    async def rules(self) -> list[dict[str, Any]]:
        """Give the rules that it evaluates, as soon as it has done so once."""

        async def evaluated() -> list[dict[str, Any]] | None:
            groups = (await self._client.get("/api/v1/rules")).json()["data"]["groups"]
            found = [rule for group in groups for rule in group["rules"]]
            return found if all(rule["health"] != "unknown" for rule in found) else None

        rules: list[dict[str, Any]] = await until(evaluated)
        return rules


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    if not HELM.exists():
        pytest.skip("needs helm: make check brings it")
    return render("thousand")


def of_kind(manifests: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in manifests if one["kind"] == kind]


def scrape_config(manifests: Sequence[dict[str, Any]], api: str, ports: list[int]) -> str:
    """Write what the operator makes of the monitors, and the plain way of the documentation."""
    (endpoint,) = of_kind(manifests, "ServiceMonitor")[0]["spec"]["endpoints"]
    (drop,) = endpoint["metricRelabelings"]
    key = {"authorization": {"credentials": ADMIN_KEY}}

    def targets(namespace: str, address: str, **labels: str) -> dict[str, Any]:
        return {"targets": [address], "labels": {"namespace": namespace} | labels}

    dropping = {"source_labels": drop["sourceLabels"], "regex": drop["regex"], "action": "drop"}
    jobs = [
        {"job_name": "api", "static_configs": [targets(NAMESPACE, api)], **key}
        | {"metric_relabel_configs": [dropping]},
        {"job_name": "pods"}
        | {"static_configs": [targets(NAMESPACE, f"127.0.0.1:{p}", worker=f"{p}") for p in ports]},
        {"job_name": "plain", "static_configs": [targets(PLAIN, api)], **key},
    ]
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(CHART / "alerts.yaml")],
            "scrape_configs": jobs,
        }
    )


@asynccontextmanager
async def running_prometheus(folder: Path, config: str) -> AsyncIterator[Prometheus]:
    if shutil.which("prometheus") is None:
        pytest.skip("needs prometheus (Debian: prometheus)")
    (folder / "prometheus.yaml").write_text(config)
    address = f"127.0.0.1:{find_free_port()}"
    command = ["prometheus", "--config.file=prometheus.yaml", "--storage.tsdb.path=series"]
    with (folder / "prometheus.txt").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, f"--web.listen-address={address}", cwd=folder, stderr=output
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", verify=NO_TLS) as client:

            async def is_ready() -> bool:
                assert process.returncode is None, (folder / "prometheus.txt").read_text()
                try:
                    return (await client.get("/-/ready")).status_code == 200
                except httpx.HTTPError:
                    return False

            await until(is_ready)
            yield Prometheus(client)
    finally:
        process.terminate()
        await process.wait()


def alert_queries() -> Iterator[str]:
    """Give what the alerts compare with their thresholds."""
    for group in yaml.safe_load((CHART / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            if not rule["expr"].startswith("absent("):
                query, cut = THRESHOLD.subn("", rule["expr"])
                assert cut == 1, rule["expr"]
                yield query


def dashboard_queries(namespace: str) -> Iterator[str]:
    for panel in json.loads((CHART / "dashboards" / "minilab.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$namespace", namespace)
            yield query.replace("$__rate_interval", "1m")


def scaling_queries(manifests: Sequence[dict[str, Any]]) -> list[str]:
    return [
        trigger["metadata"]["query"]
        for scaled in of_kind(manifests, "ScaledObject")
        for trigger in scaled["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    ]


async def work(stack: Stack, prefix: str) -> None:
    """Upload pictures and a file that is none, and wait for the end."""
    ticket = await stack.ticket([*pictures(3, prefix), ("c.txt", b"no image")])
    await stack.job(ticket)


async def compare_a_model(stack: Stack) -> None:
    """Promote a model, and compare it with images like those that it was trained on."""
    more = draw_vectors([0, 1, 2] * 100, seed=2)
    await add_images(stack.stores.database, more, ["kind0", "kind1", "kind2"] * 100)
    await store_model(stack.stores)
    await stack.stores.models.promote("kind", 1)
    await Learner(read_settings(stack.environ), stack.stores).compare()


async def test_every_query_of_the_chart_gets_an_answer(
    servers: EmbeddedServers, tmp_path: Path, manifests: list[dict[str, Any]]
) -> None:
    ports = [find_free_port(), find_free_port()]
    backlog, _ = scaling = scaling_queries(manifests)
    async with (
        Receivers() as receivers,
        running_stack(servers, tmp_path, **ALLOWED, **LEARNING) as stack,
    ):
        api = stack.client.base_url
        config = scrape_config(manifests, f"{api.host}:{api.port}", ports)
        await stack.client.post("/v1/webhooks", json={"url": receivers.url("ok")})
        async with running_prometheus(tmp_path, config) as prometheus:
            ticket = await stack.ticket(pictures(3, "first"))
            # Nothing was measured yet: three images of 0.2 s, to be done in 300 s.
            expected = pytest.approx(3 * 0.2 / 300)
            await until(partial(has_values, prometheus, backlog, [expected]))
            stack.start_worker(metrics_port=ports[0])
            stack.start_deliverer(metrics_port=ports[1])
            await stack.job(ticket)
            await work(stack, "second")
            for namespace in (NAMESPACE, PLAIN):
                known = f'minilab_operation_duration_seconds_count{{namespace="{namespace}"}}'
                await until(partial(prometheus.ask, known))
                known = f'minilab_webhook_attempts_total{{namespace="{namespace}"}}'
                await until(partial(prometheus.ask, known))
            await work(stack, "third")
            await compare_a_model(stack)

            plain = [query.replace(f'"{NAMESPACE}"', f'"{PLAIN}"') for query in scaling]
            for query in (*scaling, *plain):  # KEDA takes one number.
                await until(partial(has_length, prometheus, query, 1))
            for query in (*dashboard_queries(NAMESPACE), *dashboard_queries(PLAIN)):
                await until(partial(prometheus.ask, query))
            for query in alert_queries():  # One for each namespace, at least.
                await until(partial(has_length, prometheus, query, 2))
            rules = await prometheus.rules()
            assert {rule["health"] for rule in rules} == {"ok"}
            assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


async def has_values(prometheus: Prometheus, query: str, values: list[Any]) -> bool:
    return await prometheus.ask(query) == values


async def has_length(prometheus: Prometheus, query: str, least: int) -> bool:
    found = await prometheus.ask(query)
    return len(found) == 1 if least == 1 else len(found) >= least
