"""Line 11: everything that is compared with the peer."""

from benchmarks.comparison.latency import compare_latency
from benchmarks.comparison.memory import compare_memory
from benchmarks.comparison.throughput import compare_large, compare_small
from benchmarks.comparison.tickets import compare_tickets
from benchmarks.harness.service import Bench
from benchmarks.rows import Section

TITLE = "beside FastAPI + Celery + PyMongo"


def measure_beside_peer(bench: Bench) -> Section:
    """Compare images a second, the time of one image, tickets a second, and memory."""
    comparisons = (compare_small, compare_large, compare_latency, compare_tickets, compare_memory)
    return Section(TITLE, [row for compare in comparisons for row in compare(bench)])
