"""The bill of materials is valid, and names what no package names."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion

from deploy.sbom import main

pytestmark = pytest.mark.slow


def test_bill_is_valid_and_has_what_no_package_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Imports jsonschema, which takes 2 s of processor time in each process of a run.
    from cyclonedx.validation.json import JsonStrictValidator

    environment, output = tmp_path / "environment", tmp_path / "sbom.json"
    # Without packages: to check the description of each takes long.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    monkeypatch.setattr(sys, "argv", ["sbom", str(environment / "bin" / "python"), str(output)])
    main()
    text = output.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert bill["metadata"]["component"]["name"] == "minilab"
    found = {one["name"]: one["version"] for one in bill["components"]}
    assert {"htmx.org", "swagger-ui-dist", "tus-js-client"} <= set(found)
    assert "axe-core" not in found
    if sys.platform == "linux":
        assert found["MongoDB"] == "6.0.5"
        assert re.fullmatch(r"\d+\.\d+\.\d+", found["Redis"])
