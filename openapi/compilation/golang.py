"""Go: built with the standard library alone, and run."""

import shutil

from openapi.compilation.jvm import PROGRAMS
from openapi.compilation.results import MissingToolError, Shown, said
from openapi.compilation.snippets import GO, upload_snippet
from openapi.compilation.stage import Stage
from openapi.openapi_generator import generate
from openapi.programs import run


def show_go(stage: Stage) -> Shown:
    """Build the Go client, its snippet, and the program that uses it; run that."""
    if shutil.which("go") is None:
        raise MissingToolError("go (apt-get install golang-go)")
    module = stage.folder / "go"
    generate("go", module)
    (module / "exercise").mkdir()
    shutil.copy(PROGRAMS / "exercise.go", module / "exercise")
    (module / "exercise/snippet.go").write_text(upload_snippet("go", GO))
    offline = {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    run("go", "build", "-o", stage.folder / "exercise", "./exercise", cwd=module, **offline)
    output = stage.play(stage.folder / "exercise")
    return Shown("Go", {"compiles": "yes", **said(output), "follows": "left out"})
