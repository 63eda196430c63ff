"""The wheel carries what the API serves beside its code."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from api.pages.assets.registry import LIBRARIES
from deploy.sbom import ROOT

pytestmark = pytest.mark.slow


def test_wheel_has_the_libraries_the_templates_and_the_texts_of_the_pages(tmp_path: Path) -> None:
    uv = ROOT / ".venv" / "bin" / "uv"
    options = ["--wheel", "--no-build-isolation", "--quiet", "--out-dir", str(tmp_path)]
    subprocess.run([uv, "build", *options, str(ROOT)], check=True, cwd=ROOT)
    (wheel,) = tmp_path.glob("minilab-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"api/pages/node_modules/{place}" for place in LIBRARIES.values()} <= names
    assert {
        "api/pages/layout/page.html",
        "api/pages/assets/style.css",
        "api/pages/texts/en/common.toml",
        "openapi/openapi.json",
    } <= names
    assert not [name for name in names if "axe-core" in name]
    assert not [name for name in names if name.startswith(("deploy/chart", "deploy/manifests"))]
