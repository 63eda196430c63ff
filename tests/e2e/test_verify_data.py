"""`make verify-data` as people meet it: on the data of `make run`, and on any MongoDB."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from deploy.servers.embedded import embedded_servers
from storage.settings import StoreSettings, WorkRules
from storage.stores import open_stores
from tests.service import REPOSITORY
from tests.uploads import accept

REDIS = "redis://127.0.0.1:1"


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    named = {f"MINILAB_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "deploy.verify_data", "--pause", "0", *arguments],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]} | named,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def _fill(url: str) -> None:
    settings = StoreSettings(mongodb_url=url, redis_url=REDIS)
    async with open_stores(settings, WorkRules()) as stores:
        await stores.prepare()
        await accept(stores, b"one", b"two", b"one")


def _break(url: str) -> None:
    with MongoClient[dict[str, object]](url) as client:
        files = client["minilab"].get_collection(
            "blobs.files", write_concern=WriteConcern("majority")
        )
        files.update_one({}, {"$inc": {"metadata.images": 5}})


async def test_data_is_checked_while_it_is_served_and_afterwards(data_dir: Path) -> None:
    with embedded_servers(data_dir, redis=False, mongodb_cache_gb=0.25) as servers:
        await _fill(servers.mongodb_url)
        served = run(data_dir=data_dir)
        assert (served.returncode, served.stderr) == (0, "")
        assert "invariants, 0 broken" in served.stdout
        assert run("--hashes", mongodb_url=servers.mongodb_url).returncode == 0
        _break(servers.mongodb_url)
    afterwards = run("--json", data_dir=data_dir)
    assert (afterwards.returncode, afterwards.stderr) == (1, "")
    findings = {found["name"]: found for found in json.loads(afterwards.stdout)["findings"]}
    wrong = {name: found["wrong"] for name, found in findings.items() if found["wrong"]}
    assert wrong == {"blob_counts": 1}
    assert findings["blob_counts"]["checked"] == 2
    assert len(findings["blob_counts"]["examples"]) == 1


def test_what_cannot_be_checked_is_said(data_dir: Path) -> None:
    absent = run(data_dir=data_dir)
    assert (absent.returncode, absent.stdout) == (2, "")
    assert str(data_dir) in absent.stderr
    unusable = run(mongodb_url="nowhere")
    assert (unusable.returncode, unusable.stdout) == (2, "")
    assert "MINILAB_MONGODB_URL" in unusable.stderr
