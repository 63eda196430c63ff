"""What the documentation shows is true: its commands run, and print what it says."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.servers.ports import find_free_port
from tests.documentation import (
    RUN,
    Block,
    find_pages,
    is_output,
    read_blocks,
    run_page,
    shell_environment,
)
from tests.service import REPOSITORY
from tests.waiting import block_until

NOT_RUN = {
    "starts the service": 6,
    "learning is off by default": 3,
    "needs Docker": 2,
    "needs a cluster": 1,
    "needs a sharded cluster": 1,
    "needs MINILAB_LEARNING": 8,
    "installs packages": 4,
    "needs another machine": 3,
    "runs until Ctrl-C": 2,
    "changes the repository": 4,
    "takes minutes": 4,
    "part of docs/examples/tutorial/gallery.py": 3,
    "tested in tests/e2e/test_receivers.py": 3,
    "tested in tests/e2e/test_backup.py": 1,
    "tested in tests/e2e/test_verify_data.py": 1,
}
"""Why a block is not run, and how many blocks at most."""


@contextmanager
def made_to_run(folder: Path) -> Iterator[tuple[int, Path]]:
    """Start what `make run` starts; give its port and the folder of its data."""
    port, data, output = find_free_port(), folder / "data", folder / "output.txt"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MINILAB_")}
    environ = ours | {
        "MINILAB_PORT": str(port),
        "MINILAB_DATA_DIR": str(data),
        # One child is enough for one picture; each takes a second of processor time to start.
        "MINILAB_WORKER_CHILDREN": "1",
        "MINILAB_WARM_RENDER_CHILDREN": "false",
        "MINILAB_WEBHOOK_ALLOW": "127.0.0.0/8",
        "MINILAB_WEBHOOK_ALLOW_HTTP": "true",
    }
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.run_local"],
            env=environ,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        block_until(lambda: "Ctrl-C stops" in output.read_text() or process.poll() is not None)
        assert process.poll() is None, output.read_text()
        yield port, data
    finally:
        children = psutil.Process(process.pid).children() if process.poll() is None else []
        process.kill()  # The others end with it; the data are thrown away.
        process.wait()
        psutil.wait_procs(children, 60)


@pytest.mark.long
def test_commands_run_and_print_what_is_shown(tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.mkdir()
    with made_to_run(tmp_path) as (port, data):
        environ = shell_environment(shell, data, port)
        wrong = [
            problem
            for page in find_pages()
            for problem in run_page(page, shell, f"127.0.0.1:{port}", environ)
        ]
    assert not wrong, "\n\n".join(wrong)


def all_blocks() -> list[Block]:
    return [block for page in find_pages() for block in read_blocks(page)]


def test_few_blocks_are_not_run_and_for_few_reasons() -> None:
    reasons = Counter(block.reason for block in all_blocks() if block.reason)
    assert not set(reasons) - set(NOT_RUN)
    assert not {reason: n for reason, n in reasons.items() if n > NOT_RUN[reason]}
    run = [block for block in all_blocks() if block.language in RUN and not block.reason]
    assert len(run) > sum(reasons.values())


def test_parts_of_programs_are_as_in_the_programs() -> None:
    parts = [block for block in all_blocks() if (block.reason or "").startswith("part of ")]
    assert parts
    for block in parts:
        program = REPOSITORY / (block.reason or "").removeprefix("part of ")
        assert block.text in program.read_text(), block.place


def test_documents_without_a_command_are_well_formed() -> None:
    blocks = [block for block in all_blocks() if block.language in {"json", "http"}]
    for block in blocks:
        text = block.text
        if block.language == "http":
            head, _, text = text.partition("\n\n")
            request, *headers = head.splitlines()
            assert re.fullmatch(r"[A-Z]+ /\S* HTTP/1\.1|HTTP/1\.1 \d{3} .+", request), block.place
            assert all(re.fullmatch(r"[\w-]+: .+", header) for header in headers), block.place
        if text.strip() and "…" not in text:
            json.loads(text)


@pytest.mark.parametrize(
    ("shown", "printed", "is_the_same"),
    [
        ('{"a": 1, …}', '{"a":1,"b":{"c":2}}\n', True),
        ('{"a": 1, …}', '{"a":2,"b":3}', False),
        (
            "job 01a22889-a26a-743a-a981-d48802fe4030",
            "job 01a22999-a26a-743a-a981-d48802fe4031",
            True,
        ),
        ("job 01a22889-a26a-743a-a981-d48802fe4030", "job none", False),
        ("at 2026-11-22T10:00:00Z", "at 2027-01-01T10:00:00.123Z", True),
        (
            "HTTP/1.1 202 Accepted\nretry-after: 5\n\n{}",
            "HTTP/1.1 202 Accepted\r\na: b\r\nretry-after: 1\r\n\r\n{}",
            True,
        ),
        (
            "HTTP/1.1 202 Accepted\nretry-after: 5\n\n{}",
            "HTTP/1.1 202 Accepted\r\nretry-after: soon\r\n\r\n{}",
            False,
        ),
        ("HTTP/1.1 202 Accepted\nretry-after: 5\n\n{}", "HTTP/1.1 202 Accepted\r\n\r\n{}", False),
        ("Saving ━━━ 5/5\n5 saved", "5 saved", True),
        ("3 faces", "4 faces", False),
    ],
)
def test_output_is_compared_where_it_is_the_same_each_time(
    shown: str, printed: str, *, is_the_same: bool
) -> None:
    assert is_output(shown, printed) is is_the_same
