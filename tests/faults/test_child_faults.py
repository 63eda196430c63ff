"""Children that die or run over, and pictures that end them."""

import asyncio
import contextlib
import re

import psutil

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, huge_picture, pictures
from tests.pictures import draw
from tests.waiting import until
from tests.warm.children import children_of

MEGABYTE = 1024 * 1024


async def test_killed_children_are_replaced_and_work_goes_on(stack: Stack) -> None:
    worker = stack.start_worker()
    huge = ("huge.png", huge_picture())
    tickets = [await stack.ticket([huge, *pictures(23, "child", large=True)])]
    # Frozen with the pixels of a huge picture in its memory, a child is at work.
    await until(lambda: any(freeze_if_larger(of, 250 * MEGABYTE) for of in stack.children(worker)))
    busy = stack.children(worker)
    for child in busy:
        child.kill()
    await assert_promises_kept(stack, tickets)
    assert "child_ended" in stack.log(worker)
    idle = stack.children(worker)
    for child in idle:
        child.kill()
    tickets.append(await stack.ticket(pictures(8, "idle")))
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(status="succeeded") == 32
    assert not {child.pid for child in busy} & {child.pid for child in stack.children(worker)}


def _reasons(log: str) -> list[str]:
    return re.findall(r'"reason":"(\w+)"', log)


async def test_work_waits_while_no_child_can_be_started(stack: Stack) -> None:
    worker = stack.start_worker(warm=False)
    process = psutil.Process(worker.pid)
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds(), before[1]))
    for child in stack.children(worker):
        child.kill()
    ticket = await stack.ticket(pictures(8, "later"))
    # A worker that may open no more files does not reach a bucket, either.
    await until(lambda: {"NoChild", "BytesUnavailable"} & set(_reasons(stack.log(worker))))
    process.rlimit(psutil.RLIMIT_NOFILE, before)
    await assert_promises_kept(stack, [ticket])
    assert await stack.count_images(status="succeeded") == 8


async def test_picture_that_needs_too_much_memory_fails_alone(stack: Stack) -> None:
    worker = stack.start_worker(max_child_bytes=96 * MEGABYTE, warm=False)
    huge = ("huge.png", huge_picture())
    small = pictures(7, "beside")
    ticket = await stack.ticket([*small[:3], huge, *small[3:]])
    job = await stack.job(ticket)
    assert job["status"] == "partial"
    failed = [item for item in job["items"] if item["status"] != "succeeded"]
    assert [item["filename"] for item in failed] == ["huge.png"]
    assert failed[0]["error"]["code"] == "too_many_pixels"
    await assert_promises_kept(stack, [ticket])
    assert worker.is_running


async def test_picture_that_does_not_fit_into_its_child_fails_alone(stack: Stack) -> None:
    worker = stack.start_worker(max_child_bytes=32 * MEGABYTE, warm=False)
    large = ("large.jpg", draw() + bytes(60 * MEGABYTE))
    ticket = await stack.ticket([large, *pictures(7, "fitting")])
    job = await stack.job(ticket)
    failed = [item for item in job["items"] if item["status"] != "succeeded"]
    assert [item["filename"] for item in failed] == ["large.jpg"]
    assert failed[0]["error"]["code"] == "decoder_died"
    await assert_promises_kept(stack, [ticket])
    assert worker.is_running


async def test_picture_that_ends_its_child_each_time_fails_alone(stack: Stack) -> None:
    worker = stack.start_worker()
    poison = ("poison.png", huge_picture())
    small = pictures(7, "neighbours")
    sniper = asyncio.create_task(kill_what_grows(stack, worker.pid, 250 * MEGABYTE))
    try:
        ticket = await stack.ticket([*small[:3], poison, *small[3:]])
        other = await stack.ticket(pictures(4, "others"))
        job = await stack.job(ticket)
    finally:
        sniper.cancel()
    failed = [item for item in job["items"] if item["status"] != "succeeded"]
    assert [item["filename"] for item in failed] == ["poison.png"]
    assert failed[0]["error"]["code"] == "decoder_died"
    assert stack.log(worker).count('"crash":3') == 1
    await assert_promises_kept(stack, [ticket, other])


async def test_picture_that_takes_too_long_fails_alone(stack: Stack) -> None:
    stack.start_worker(max_seconds=0.25)
    slow = ("slow.png", huge_picture())
    small = pictures(7, "quick")
    ticket = await stack.ticket([*small[:3], slow, *small[3:]])
    job = await stack.job(ticket)
    failed = [item for item in job["items"] if item["status"] != "succeeded"]
    assert [item["filename"] for item in failed] == ["slow.png"]
    assert failed[0]["error"]["code"] == "decode_timed_out"
    await assert_promises_kept(stack, [ticket])


def freeze_if_larger(child: psutil.Process, max_bytes: int) -> bool:
    """Stop a child, and let it go on unless it holds more memory than that."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if child.memory_info().rss <= max_bytes:
            return False
        child.suspend()
        if child.memory_info().rss > max_bytes:
            return True
        child.resume()
    return False


async def kill_what_grows(stack: Stack, worker_pid: int, max_bytes: int) -> None:
    """Do what the kernel does when memory runs out: end the child that has grown."""
    while True:
        for child in children_of(worker_pid):
            try:
                if child.memory_info().rss > max_bytes:
                    child.kill()
            except psutil.NoSuchProcess:
                continue
        await asyncio.sleep(0.01)  # The rate of sampling.
