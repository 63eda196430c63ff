"""The command ``python -m openapi.generate_clients [--check] [NAME ...]``: writes ``sdk/``.

Each generator reads ``openapi.json`` and a settings file in this folder. Generated files are never
edited: change the contract or the settings. Hand-written files lie beside them and stay.
"""

import argparse
import filecmp
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from openapi.derive_sync import derive_sync
from openapi.openapi_generator import DOCUMENT, SETTINGS, generate
from openapi.programs import run

CLIENTS = SETTINGS.parent / "sdk"

_CACHES = ["__pycache__", "node_modules", ".ruff_cache"]
# The generator sets a boundary of three characters, which a file may contain. Without the header,
# httpx chooses a random one.
_FIXED_BOUNDARY = re.compile(r'\n    headers\["Content-Type"\] = "multipart/form-data;.*\n')
# An enum of TypeScript takes the values of later versions too; editors suggest the known ones.
_TYPESCRIPT_ENUM = re.compile(r"^(export type \w+ = '[^']*'(?: \| '[^']*')+);$", re.MULTILINE)


def generate_python(folder: Path) -> None:
    """Write what is generated of the Python package ``minilab_client``.

    Calls that wait are derived from the hand-written asynchronous ones.
    """
    package = folder / "minilab_client"
    with _without_event_streams() as document:
        run(
            *("openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", document, "--config", SETTINGS / "python-client.yaml"),
            *("--custom-template-path", SETTINGS / "python-templates", "--output-path", package),
        )
    for module in package.glob("api/*/*.py"):
        module.write_text(_FIXED_BOUNDARY.sub("", module.read_text()))
    derive_sync(CLIENTS / "python/minilab_client/_async", package / "_sync")
    run("ruff", "check", "--fix", "--quiet", "--isolated", "--select", "I,F", package / "_sync")
    run("ruff", "format", "--quiet", "--isolated", "--line-length", "100", package / "_sync")


def generate_typescript(folder: Path) -> None:
    """Write what is generated of the TypeScript package."""
    generated = folder / "src/generated"
    with _without_event_streams() as document:
        run(
            *(SETTINGS / "node_modules/.bin/openapi-ts", "--silent", "--no-log-file"),
            *("--file", SETTINGS / "typescript-client.mjs"),
            INPUT=str(document),
            OUTPUT=str(generated),
        )
    types = generated / "types.gen.ts"
    types.write_text(_TYPESCRIPT_ENUM.sub(r"\1 | (string & {});", types.read_text()))


@contextmanager
def _without_event_streams() -> Iterator[Path]:
    """Write the contract without event streams, which are read by hand-written code.

    Generated functions would read a stream as one JSON document, or reconnect after 404 forever.
    """
    contract = json.loads(DOCUMENT.read_text())
    for methods in contract["paths"].values():
        for method, operation in list(methods.items()):
            content = operation["responses"].get("200", {}).get("content", {})
            if "text/event-stream" in content:
                del methods[method]
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch) / DOCUMENT.name
        document.write_text(json.dumps(contract))
        yield document


GENERATORS: Mapping[str, Callable[[Path], None]] = {
    "python": generate_python,
    "typescript": generate_typescript,
    **{name: partial(generate, name) for name in ("kotlin", "swift", "java", "go", "dart")},
}
_PYTHON = ("api", "models", "client.py", "errors.py", "types.py", "_sync")
COMMITTED: Mapping[str, Sequence[str]] = {
    "python": [f"minilab_client/{part}" for part in _PYTHON],
    "typescript": ["src/generated"],
}
"""The generated parts of each committed client. What lies beside them is written by hand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare clients, the committed ones by default; return 1 if one differs."""
    parser = argparse.ArgumentParser(prog="make sdk")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(GENERATORS)}")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - GENERATORS.keys():
        parser.error(f"there is no client {', '.join(sorted(unknown))}")
    if options.check:
        return _check(options.names or list(COMMITTED))
    for name in options.names or COMMITTED:
        _write(name)
    return 0


def _write(name: str) -> None:
    if name not in COMMITTED:
        GENERATORS[name](CLIENTS / name)
        return
    with tempfile.TemporaryDirectory() as folder:
        GENERATORS[name](Path(folder))
        for part in COMMITTED[name]:
            made, kept = Path(folder) / part, CLIENTS / name / part
            if made.is_dir():
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(made, kept, ignore=shutil.ignore_patterns(*_CACHES))
            else:
                shutil.copy(made, kept)


def _check(names: Sequence[str]) -> int:
    stale = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            GENERATORS[name](Path(folder))
            if any(
                _differs(Path(folder) / part, CLIENTS / name / part) for part in COMMITTED[name]
            ):
                stale.append(name)
    if stale:
        sys.stderr.write(f"sdk/: {', '.join(stale)} differs from openapi.json: run `make sdk`\n")
    return 1 if stale else 0


def _differs(left: Path, right: Path) -> bool:
    if left.is_file():
        return not right.is_file() or left.read_bytes() != right.read_bytes()
    if not right.is_dir():
        return True
    compared = filecmp.dircmp(left, right, ignore=_CACHES)
    if compared.left_only or compared.right_only or compared.funny_files:
        return True
    _, different, unread = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    return bool(different or unread) or any(
        _differs(left / name, right / name) for name in compared.common_dirs
    )


if __name__ == "__main__":
    sys.exit(main())
