"""Writes clients with openapi-generator, each with the files that are written by hand for it."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from openapi.programs import run

SETTINGS = Path(__file__).parent
DOCUMENT = SETTINGS / "openapi.json"

_EVENTS = "text/event-stream"
_KOTLIN_FILES = re.compile(r"@Part files: MultipartBody\.Part\b")
_KOTLIN_STREAM = re.compile(r'(?=    @GET\("[^"]*"\)\n    suspend fun .*: ResponseBody\n)')


def generate(language: str, folder: Path) -> None:
    """Write the client of a language: ``{language}-client.yaml`` has the settings.

    The files of ``{language}-layer`` are laid over the generated ones.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        contract = _contract(json.loads(DOCUMENT.read_text()), streams=language == "kotlin")
        version = contract["info"]["version"]
        document = Path(scratch) / DOCUMENT.name
        document.write_text(json.dumps(contract))
        run(
            *("openapi-generator-cli", "generate", "--skip-validate-spec"),
            *("--input-spec", document, "--config", SETTINGS / f"{language}-client.yaml"),
            *("--output", folder, "--additional-properties"),
            f"artifactVersion={version},podVersion={version},pubVersion={version}",
            # Half the processor time in a process of seconds.
            JAVA_OPTS="-Dlog.level=error -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        )
    if language == "kotlin":
        _mend_kotlin(folder)
    layer = SETTINGS / f"{language}-layer"
    if layer.is_dir():
        shutil.copytree(layer, folder, dirs_exist_ok=True)


def _contract(contract: dict[str, Any], *, streams: bool) -> dict[str, Any]:
    """Leave out what the generator cannot read, or declare event streams as bytes.

    It would generate calls for webhooks, whose schemas stay, and read a stream as one document.
    """
    del contract["webhooks"]
    for methods in contract["paths"].values():
        for method, operation in list(methods.items()):
            content = operation["responses"].get("200", {}).get("content", {})
            if _EVENTS in content and not streams:
                del methods[method]
            elif _EVENTS in content:
                content[_EVENTS] = {"schema": {"type": "string", "format": "binary"}}
    return contract


def _mend_kotlin(folder: Path) -> None:
    """Make Retrofit send lists of files and streams, and hand bytes on as they arrive."""
    for api in folder.rglob("apis/*.kt"):
        text = api.read_text()
        text = _KOTLIN_FILES.sub("@Part files: List<MultipartBody.Part>", text)
        text = text.replace("@Body body: java.io.File", "@Body body: RequestBody")
        api.write_text(_KOTLIN_STREAM.sub("    @Streaming\n", text))
