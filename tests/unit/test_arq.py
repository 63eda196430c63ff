"""The parts of arq that tasks/wakeable_arq.py relies on; a new version may change them."""

import inspect
from importlib.metadata import version
from typing import Any

import msgspec
from arq.jobs import deserialize_job_raw, serialize_job
from arq.worker import Worker, func

ROOT_OPTIONS = {
    "functions",
    "redis_pool",
    "handle_signals",
    "poll_delay",
    "health_check_interval",
    "health_check_key",
    "job_serializer",
    "job_deserializer",
    "log_results",
}


async def _work(_ctx: dict[Any, Any], _name: str) -> None:
    """Do nothing."""


def _worker() -> Worker:
    return Worker(
        [func(_work, name="work", timeout=7, keep_result=0)],  # type: ignore[arg-type]
        handle_signals=False,
        poll_delay=0.25,
        job_deserializer=msgspec.msgpack.decode,
    )


def test_installed_arq_is_the_one_that_was_checked() -> None:
    assert version("arq") == "0.28.0"


async def test_async_run_awaits_main() -> None:
    ran = []

    class Overridden(Worker):
        async def main(self) -> None:
            ran.append("main")

    await Overridden([_work], handle_signals=False).async_run()  # type: ignore[list-item]
    assert ran == ["main"]


async def test_worker_has_the_attributes_of_the_main_loop() -> None:
    worker = _worker()
    assert worker.tasks == {}
    assert worker.ctx == {}
    assert worker.poll_delay_s == 0.25
    assert worker.job_deserializer is msgspec.msgpack.decode
    assert (worker.jobs_complete, worker.jobs_failed, worker.jobs_retried) == (0, 0, 0)
    assert inspect.iscoroutinefunction(worker.record_health)
    function = worker.functions["work"]
    assert (function.coroutine, getattr(function, "timeout_s", None)) == (_work, 7)


def test_worker_takes_the_options() -> None:
    assert set(inspect.signature(Worker.__init__).parameters) >= ROOT_OPTIONS


def test_a_task_is_read_as_it_was_written() -> None:
    encoded = serialize_job("work", ("a", 1), {"b": 2}, None, 0, serializer=msgspec.msgpack.encode)
    assert encoded is not None
    name, arguments, named, *_ = deserialize_job_raw(encoded, deserializer=msgspec.msgpack.decode)
    assert (name, list(arguments), named) == ("work", ["a", 1], {"b": 2})
