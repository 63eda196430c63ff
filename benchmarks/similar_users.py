"""Similar users among growing numbers of them: times and memory."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import structlog
from pymongo import MongoClient

from benchmarks.analytics_data import SignatureFiller, user_name
from benchmarks.growth_plot import plot_growth
from benchmarks.harness.clients import in_own_process
from benchmarks.harness.meter import MEGABYTE, percentile
from benchmarks.harness.service import ROOT, Bench
from benchmarks.rows import Row, Target
from domain.histograms.similarity import Metric, distances
from storage.aggregates.signatures import SIGNATURES
from storage.histograms.similar_users import SimilarUsers
from storage.mongo.client import connect_mongo
from storage.schema import INDEXES
from storage.settings import SimilaritySettings, StoreSettings

COUNT = 10
METRIC_TIMES = 3
PLAIN_USERS = 100_000
PICTURE = ROOT / "docs" / "similar-users-growth.svg"
AT_MOST = Target(3.0, at_most=True)
PRODUCT = "one matrix product of all mean histograms with one, in memory"


class Search(msgspec.Struct, frozen=True):
    """Searches in a new process.

    Attributes:
        load_seconds: Time of the first answer, which reads all signatures.
        ms: Time of each further answer, in ms.
        metric_ms: Median time with each other metric, in ms, by its name.
        peak_mb: Peak memory of the process, in MB.
    """

    load_seconds: float
    ms: list[float]
    metric_ms: dict[str, float]
    peak_mb: float


def measure_growth(bench: Bench, *, is_drawn: bool) -> list[Row]:
    """Search among 10,000 to 1,000,000 users.

    Args:
        bench: The environment.
        is_drawn: Whether to draw the picture of the documentation.
    """
    most = bench.count(1_000_000, 20_000)
    times = bench.count(200, 50)
    sizes = [most // 100, most * 3 // 100, most // 10, most * 3 // 10, most]
    curves: dict[str, list[tuple[float, float]]] = {}
    rows: list[Row] = []
    name = "bench_similar_users"
    with MongoClient[dict[str, Any]](bench.servers.mongodb_url) as client:
        client[name][SIGNATURES].create_indexes(INDEXES[SIGNATURES])
        filler = SignatureFiller(client[name], most)
        for users in sizes:
            filler.fill(users)
            client.admin.command("fsync")
            asked = np.random.default_rng(users).integers(0, users, times).tolist()
            limit = time_products(filler.shares.astype(np.float64), asked)
            search = _search(bench, name, asked)
            curves.setdefault("NumPy: one matrix product", []).append((users, median(limit)))
            curves.setdefault("an answer", []).append((users, median(search.ms)))
            if users in {most // 10, most}:
                rows += _rows(users, search, limit)
                rows += _metric_rows(filler, search, asked[0])
        client.drop_database(name)
    if is_drawn:
        title = "Ten most similar users: median time of an answer"
        PICTURE.write_text(plot_growth(title, "Users", curves) + "\n", encoding="utf-8")
    return rows


def _rows(users: int, search: Search, limit: Sequence[float]) -> list[Row]:
    matrix_mb = users * 256 * 8 / MEGABYTE
    name = f"similar users among {users:,}"
    slowest = percentile(search.ms, 95)
    return [
        Row(f"{name}, 95th percentile", slowest, "ms", median(limit), PRODUCT, AT_MOST),
        Row("median", median(search.ms), "ms", median(limit), "the same", detail=True),
        Row("made by the first question", search.load_seconds, "s", detail=True),
        Row(
            "memory of the process at its peak",
            search.peak_mb,
            "MB",
            matrix_mb,
            "the mean histograms in float64",
            detail=True,
        ),
    ]


def _metric_rows(filler: SignatureFiller, search: Search, asked: int) -> list[Row]:
    """Make the rows of the other metrics, for few users beside plain NumPy over all."""
    rows: list[Row] = []
    shares = filler.shares.astype(np.float64) if len(filler.shares) <= PLAIN_USERS else None
    for name, ms in search.metric_ms.items():
        limit = None if shares is None else _time_plain(Metric(name), shares, asked)
        limit_name = "NumPy over all, in memory" if limit else ""
        row = Row(f"with {name}, median", ms, "ms", limit, limit_name, detail=True)
        rows.append(row)
    return rows


def _time_plain(metric: Metric, shares: npt.NDArray[np.float64], asked: int) -> float:
    before = time.perf_counter()
    np.argpartition(distances(metric, shares[asked], shares), COUNT)
    return 1000 * (time.perf_counter() - before)


def _search(bench: Bench, database: str, asked: list[int]) -> Search:
    settings = msgspec.structs.replace(bench.store_settings, mongodb_database=database)
    return in_own_process(_search_all, settings, asked)


async def _search_all(settings: StoreSettings, asked: list[int]) -> Search:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    client = connect_mongo(settings)
    users = SimilarUsers(client, client[settings.mongodb_database], SimilaritySettings())
    load_ms = await _time(users, asked[0], Metric.HELLINGER)
    ms = [await _time(users, number, Metric.HELLINGER) for number in asked]
    others = [metric for metric in Metric if metric is not Metric.HELLINGER]
    metric_ms = {
        metric.value: median(
            [await _time(users, number, metric) for number in asked[:METRIC_TIMES]]
        )
        for metric in others
    }
    client.close()
    return Search(load_ms / 1000, ms, metric_ms, _peak_mb())


async def _time(users: SimilarUsers, number: int, metric: Metric) -> float:
    before = time.perf_counter()
    await users.find(user_name(number), COUNT, metric)
    return 1000 * (time.perf_counter() - before)


def _peak_mb() -> float:
    """Read the peak memory of this process; ``ru_maxrss`` would include its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)
    return 1024 * int(kilobytes) / MEGABYTE


def time_products(shares: npt.NDArray[np.floating], asked: Sequence[int]) -> list[float]:
    """Time the product of the matrix of all users with one of them, in ms."""
    taken = []
    for number in asked[:50]:
        before = time.perf_counter()
        np.dot(shares, shares[number])
        taken.append(1000 * (time.perf_counter() - before))
    return taken
