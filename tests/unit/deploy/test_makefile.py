"""What `make run` does on a machine where everything is installed."""

import subprocess

from deploy.sbom import ROOT


def test_second_run_starts_the_service_and_installs_nothing() -> None:
    asked = ["make", "--dry-run", "--no-print-directory", "run"]
    commands = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "npm" not in commands
    assert commands.strip().splitlines() == ["exec .venv/bin/python -m deploy.run_local"]
