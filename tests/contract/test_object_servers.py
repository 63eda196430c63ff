"""The S3 server of tests: what it promises to them and to the machine."""

import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.servers.seaweedfs import ObjectServers
from tests.waiting import block_until

pytestmark = pytest.mark.slow

HOLDS_SERVERS = """
import sys, time
from pathlib import Path
from deploy.servers.seaweedfs import object_servers
with object_servers(Path(sys.argv[1])) as servers:
    print(*(server.pid for server in servers.started), flush=True)
    time.sleep(600)  # Until it is killed.
"""


def test_only_the_credentials_open_the_bucket(objects: ObjectServers) -> None:
    bucket = f"{objects.endpoint}/{objects.bucket}"
    assert httpx.get(bucket).status_code == 403
    assert httpx.put(f"{bucket}/mine", content=b"bytes").status_code == 403


def test_sigkill_of_the_parent_ends_the_servers(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_SERVERS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    block_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
