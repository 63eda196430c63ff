"""Two hundred hostile files through a real API and a real worker: an error or a result each."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from domain.errors.files import FileRefused, OperationFailed
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack
from tests.hostile import bombs, lies
from tests.service import File
from tests.waiting import until

MEGABYTE = 1024 * 1024
# Lower than the defaults, so that what just fits is quick to make and to decode.
MAX_PIXELS = 25_000_000
MAX_CHILD_BYTES = 1024 * MEGABYTE
LIMITS: dict[str, Any] = {
    "max_pixels": MAX_PIXELS,
    "max_metadata_bytes": 4 * MEGABYTE,
    "max_child_bytes": MAX_CHILD_BYTES,
}
FAMILIES: tuple[Callable[[], dict[str, bytes]], ...] = (
    bombs.pixel_bombs,
    bombs.frame_bombs,
    bombs.text_bombs,
    lies.polyglots,
    lies.lying_headers,
    lies.strange_tags,
    lies.oddities,
    lies.cut_files,
    lies.fuzzed_files,
)
BATCHES: tuple[dict[str, Any], ...] = (
    {"operation": "quality"},
    {"operation": "embedding"},
    {"operation": "faces"},
    {"operation": "thumbnail", "widths": [320], "formats": ["avif", "webp", "jpeg"]},
    {"operation": "check_hashes"},
)
FILES_A_REQUEST = 60
MAX_DRAWN = 60


def hostile_set() -> list[File]:
    """Make all files, each named after what is wrong with it."""
    return [file for family in FAMILIES for file in family().items()]


def refusals(kind: type[FileRefused] = FileRefused) -> Iterator[str]:
    """Give the codes that a file may be refused with."""
    for refusal in kind.__subclasses__():
        yield refusal.code
        yield from refusals(refusal)


SIZE_REFUSALS = {*refusals(), OperationFailed.code, "wrong_state"}


async def test_each_hostile_file_is_an_error_or_a_result_within_limits(stack: Stack) -> None:
    files = hostile_set()
    assert len(files) >= 200
    assert len({name for name, _ in files}) == len(files)
    worker = stack.start_worker(**LIMITS)
    worker_pid = worker.pid
    before = {child.pid for child in stack.children(worker)}
    limits = {child.pid: child.rlimit(psutil.RLIMIT_AS)[0] for child in stack.children(worker)}
    tickets = [await stack.ticket(part) for part in _batched(files)]
    jobs = [await stack.job(ticket, seconds=150) for ticket in tickets]
    items = [item for job in jobs for item in job["items"]]
    assert [item["filename"] for item in items] == [name for name, _ in files]
    for item in items:
        _assert_fair(item)
    log = stack.log(worker)
    assert "child_ended" not in log
    assert "operation_failed" not in log
    assert worker.is_running
    assert worker.pid == worker_pid
    assert {child.pid for child in stack.children(worker)} == before
    for pid, limit in limits.items():
        peak_rss, peak_space = _peaks(pid)
        assert peak_rss < MAX_CHILD_BYTES
        assert peak_space <= limit
    await _assert_results_are_within_limits(stack, items)
    await assert_promises_kept(stack, tickets)


async def test_pictures_of_hostile_files_are_drawn_or_refused(stack: Stack) -> None:
    files = [*lies.fuzzed_files(2).items(), *lies.polyglots().items(), *lies.oddities().items()]
    worker = stack.start_worker(**LIMITS)
    job = await stack.job(await stack.ticket(files), seconds=60)
    images = [item["image_id"] for item in job["items"] if item["image_id"]][:MAX_DRAWN]
    for image_id in images:
        answer = await stack.client.get(f"/v1/images/{image_id}/content?variant=grayscale")
        assert answer.status_code in {200, 422}
        if answer.status_code == 422:
            assert answer.json()["code"] in set(refusals())
    assert worker.is_running


async def test_sizes_of_hostile_files_are_made_or_refused(stack: Stack) -> None:
    worker = stack.start_worker(**LIMITS)
    items = await _process(stack, operations="metadata")
    formats = ("webp", "avif", "jpeg")
    images = [item["image_id"] for item in items if item["image_id"]]
    assert len(images) >= 150
    answers: Counter[int] = Counter()
    for number, image_id in enumerate(images):
        wanted = f"width=320&format={formats[number % 3]}"
        answer = await stack.client.get(f"/v1/images/{image_id}/content?{wanted}")
        answers[answer.status_code] += 1
        if answer.status_code == 200:
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert 1 <= picture.width <= 320
        else:
            assert answer.status_code in {409, 422}, answer.text
            assert answer.json()["code"] in SIZE_REFUSALS, answer.text
    assert answers[200] >= 40
    assert worker.is_running


async def test_batches_over_hostile_files_name_their_errors_and_go_on(stack: Stack) -> None:
    """As from before there was learning: only the metadata of each file was read."""
    worker = stack.start_worker(**LIMITS)
    items = await _process(stack, operations="metadata")
    assert sum(item["status"] == "succeeded" for item in items) >= 40
    for order in BATCHES:
        batch = await _run_batch(stack, order)
        assert batch["status"] in {"succeeded", "partial"}, batch
        assert batch["done"] + batch["failed"] == batch["selected"]
        assert set(batch["errors"]) <= SIZE_REFUSALS, batch
        for failure in batch["failures"]:  # WebP ends at 16,383 pixels: no such size can be made.
            is_format = failure["code"] == OperationFailed.code
            assert is_format == ("cannot hold so large" in failure["detail"]), failure
        assert batch["done"] >= 40
    log = stack.log(worker)
    for trouble in ("child_ended", "piece_failed", "operation_failed", "piece_interrupted"):
        assert trouble not in log
    assert worker.is_running


async def _process(stack: Stack, **fields: str) -> list[dict[str, Any]]:
    """Have the whole set processed; give the items of its jobs."""
    answers = [
        await stack.client.post("/v1/jobs", files=[("file", file) for file in part], data=fields)
        for part in _batched(hostile_set())
    ]
    jobs = [await stack.job(answer.json()["id"], seconds=150) for answer in answers]
    return [item for job in jobs for item in job["items"]]


async def _run_batch(stack: Stack, order: dict[str, Any]) -> dict[str, Any]:
    answer = await stack.client.post("/v1/batches", json=order)
    assert answer.status_code == 202, answer.text

    async def ended() -> dict[str, Any] | None:
        batch = (await stack.client.get(f"/v1/batches/{answer.json()['id']}")).json()
        return batch if batch["finished_at"] else None

    return await until(ended, seconds=200)


def _assert_fair(item: dict[str, Any]) -> None:
    assert item["status"] in {"succeeded", "failed"}, item
    if item["status"] == "failed":
        assert item["error"]["code"] in set(refusals()), item
    for cell in item["operations"].values():
        assert cell["status"] == item["status"], item


async def _assert_results_are_within_limits(stack: Stack, items: list[dict[str, Any]]) -> None:
    good = [item["image_id"] for item in items if item["status"] == "succeeded"]
    assert len(good) >= 40
    for image_id in good:
        answer = await stack.client.get(f"/v1/images/{image_id}")
        assert answer.status_code == 200
        image = answer.json()
        assert 0 < image["width"] * image["height"] <= MAX_PIXELS
        assert image["histogram"]["pixels"] == sum(image["histogram"]["bins"])
        assert image["histogram"]["pixels"] == image["width"] * image["height"]
        assert image["embedding"] is not None
        assert 0 <= image["quality"]["low"] <= image["quality"]["high"] <= 255
        for left, top, width, height in (face["box"] for face in image["faces"]):
            assert min(left, top) >= 0
            assert left + width <= image["width"]
            assert top + height <= image["height"]


def _batched(files: list[File]) -> Iterator[list[File]]:
    for start in range(0, len(files), FILES_A_REQUEST):
        yield files[start : start + FILES_A_REQUEST]


def _peaks(pid: int) -> tuple[int, int]:
    """Read the most memory and the most address space that a process has had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    values = dict(line.split(":", 1) for line in lines)
    return tuple(int(values[name].split()[0]) * 1024 for name in ("VmHWM", "VmPeak"))  # type: ignore[return-value]
