import json
import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    default = Path(__file__).parents[4] / "shared" / "test-data"
    folder = Path(os.environ.get("MINILAB_TEST_DATA") or default)
    if not folder.is_dir():
        pytest.skip("no test data: set MINILAB_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def photos(test_data: Path) -> Path:
    return test_data / "photos"


@pytest.fixture(scope="session")
def truth(photos: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((photos / "exiftool.json").read_text())
    return entries


@pytest.fixture(scope="session")
def expected_faces(test_data: Path) -> dict[str, list[list[int]]]:
    faces: dict[str, list[list[int]]] = json.loads((test_data / "lfw/expected.json").read_text())
    return faces
