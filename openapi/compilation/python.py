"""Python: the client, and the Pydantic models of datamodel-code-generator, checked by mypy."""

import sys
from pathlib import Path

from openapi.compilation.jvm import PROGRAMS
from openapi.compilation.results import Shown, said
from openapi.compilation.stage import Stage
from openapi.openapi_generator import DOCUMENT, SETTINGS
from openapi.programs import run

_READ = """
import json, sys
from models import Job
job = Job.model_validate_json(open(sys.argv[1]).read())
assert job.status.root == "resting", job
print("unknown")
"""


def show_python(stage: Stage) -> Shown:
    """Check the program that uses the Python client, and the client with it; run it."""
    program, package = PROGRAMS / "exercise.py", SETTINGS.parent / "sdk/python"
    _check(stage, program, str(package))
    output = stage.play(sys.executable, program)
    return Shown("Python", {"compiles": "yes", **said(output)})


def show_pydantic(stage: Stage) -> Shown:
    """Generate models that keep unknown values of enums, check them, and read a job with one."""
    folder = stage.folder / "pydantic"
    folder.mkdir()
    run(
        *("datamodel-codegen", "--input", DOCUMENT, "--input-file-type", "openapi"),
        *("--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11"),
        *("--use-annotated", "--ignore-enum-constraints", "--formatters", "builtin"),
        *("--output", folder / "models.py"),
    )
    _check(stage, folder / "models.py")
    run(sys.executable, "-c", _READ, stage.document, PYTHONPATH=str(folder))
    return Shown("datamodel-code-generator", {"compiles": "yes", "unknown": "yes"})


def _check(stage: Stage, program: Path, packages: str = "") -> None:
    cache = stage.folder / f"mypy-{program.stem}"
    run("mypy", "--strict", "--config-file", "", "--cache-dir", cache, program, MYPYPATH=packages)
