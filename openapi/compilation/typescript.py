"""TypeScript: the client, and what other generators write, compiled in strict mode."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from openapi.compilation.jvm import NODE, PROGRAMS
from openapi.compilation.results import Shown, said
from openapi.compilation.snippets import write_typescript
from openapi.compilation.stage import Stage
from openapi.openapi_generator import DOCUMENT, SETTINGS
from openapi.programs import run

_STRICT = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
_LIBRARIES = ("--lib", "es2023,dom,dom.iterable")
# A value that the type has not is kept: types are gone at run time.
_KEPT = "kept"


def show_typescript(stage: Stage) -> Shown:
    """Compile the TypeScript client, all snippets, and the program that uses it; run that."""
    folder, modules = stage.folder / "typescript", SETTINGS / "node_modules"
    shutil.copytree(SETTINGS.parent / "sdk/typescript/src", folder / "client")
    shutil.copy(PROGRAMS / "exercise.ts", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    types = ("--types", "node", "--typeRoots", modules / "@types")
    shown = write_typescript(folder / "snippets")
    package = folder / "node_modules/minilab-client"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"type": "module", "exports": "./index.ts"}')
    (package / "index.ts").write_text("export * from '../../client/index.js';")
    run(modules / ".bin/tsc", *_STRICT, *_LIBRARIES, *types, *shown.iterdir(), cwd=folder)
    strict = [option for option in _STRICT if option != "--noEmit"]
    run(modules / ".bin/tsc", *strict, *_LIBRARIES, *types, folder / "exercise.ts", cwd=folder)
    output = stage.play("node", folder / "exercise.js")
    return Shown("TypeScript", {"compiles": "yes", **said(output)})


def show_openapi_typescript(stage: Stage) -> Shown:
    """Compile the types of openapi-typescript."""
    target = stage.folder / "openapi-typescript.ts"
    run(NODE / ".bin/openapi-typescript", DOCUMENT, "--output", target)
    _compile([target])
    return Shown("openapi-typescript", {"compiles": "yes", "unknown": _KEPT})


def show_orval(stage: Stage) -> Shown:
    """Compile the client of orval for fetch."""
    target, settings = stage.folder / "orval.ts", stage.folder / "orval.config.mjs"
    output = {"target": str(target), "client": "fetch", "mode": "single"}
    project = {"minilab": {"input": str(DOCUMENT), "output": output}}
    settings.write_text(f"export default {json.dumps(project)};")
    run(NODE / ".bin/orval", "--config", settings)
    _compile([target])
    return Shown("orval", {"compiles": "yes", "unknown": _KEPT})


def _compile(files: Sequence[Path]) -> None:
    run(SETTINGS / "node_modules/.bin/tsc", *_STRICT, *_LIBRARIES, *files)
