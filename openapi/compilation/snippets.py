"""The samples of the contract and the snippets of the documentation, as files for compilers."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from textwrap import dedent, indent

from openapi.openapi_generator import DOCUMENT, SETTINGS

PAGES = ("docs/*.md", "openapi/README.md", "openapi/*-layer/README.md", "sdk/*/README.md")
JAVA = """
import java.io.File;
import java.util.List;
import minilab.client.ApiClient;
import minilab.client.ApiException;
import minilab.client.api.JobsApi;
import minilab.client.model.Job;

class Snippet {{
    static Job send(File photo, String key, String id) throws ApiException {{
{statements}
        return job;
    }}
}}
"""
GO = """
package main

import (
	"context"
	"os"

	minilab "minilab.example/minilab/minilab-client"
)

func send(photo *os.File, key string, id string) (*minilab.Job, error) {{
{statements}
	return job, err
}}
"""
"""What the snippet of a client without a layer stands in: it sends a photo with a key and an ID."""


def samples(label: str) -> Iterator[tuple[str, str]]:
    """Yield the samples of a language, with the ID of their operation."""
    for methods in json.loads(DOCUMENT.read_text())["paths"].values():
        for operation in methods.values():
            for sample in operation["x-codeSamples"]:
                if sample["label"] == label:
                    yield operation["operationId"], sample["source"]


def snippets(language: str) -> Iterator[tuple[str, str]]:
    """Yield the blocks of a language in the documentation, with a name made of their page's."""
    pages = chain.from_iterable(SETTINGS.parent.glob(pattern) for pattern in PAGES)
    for page in sorted(pages):
        name = re.sub(r"\W", "_", str(page.relative_to(SETTINGS.parent).with_suffix("")))
        blocks = re.findall(
            rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE
        )
        for number, block in enumerate(blocks):
            yield f"{name}_{number}", dedent(block)


def write_snippets(folder: Path, language: str, suffix: str) -> Path:
    """Write each block as it stands to a file of its own."""
    folder.mkdir()
    for name, source in snippets(language):
        (folder / f"{name}.{suffix}").write_text(source)
    if not any(folder.iterdir()):
        raise SystemExit(f"the documentation has no {language}")
    return folder


def upload_snippet(language: str, frame: str) -> str:
    """Return the statements of openapi/README.md that upload a photo, in their frame.

    Raises:
        SystemExit: The page has none, or several.
    """
    found = [block for name, block in snippets(language) if name == "openapi_README_0"]
    if len(found) != 1:
        raise SystemExit(f"openapi/README.md has no {language}")
    return frame.format(statements=indent(found[0], " " * 8).rstrip()).lstrip()


def write_kotlin(folder: Path) -> Path:
    """Write samples and snippets of Kotlin, each in a package of its own.

    A sample has statements, which a program has in its ``main``. A snippet has declarations.
    """
    write_snippets(folder, "kotlin", "kt")
    for file in folder.iterdir():
        file.write_text(f"package snippets.{file.stem}\n{file.read_text()}")
    for name, source in samples("Kotlin"):
        lines = source.splitlines()
        imports = [line for line in lines if line.startswith("import ")]
        statements = "\n".join(line for line in lines if line not in imports)
        head = "\n".join([f"package samples.{name}", *imports])
        (folder / f"{name}.kt").write_text(f"{head}\n\nfun main() {{\n{statements}\n}}\n")
    return folder


def write_typescript(folder: Path) -> Path:
    """Write samples and snippets of TypeScript, each a module."""
    write_snippets(folder, "ts", "ts")
    for name, source in samples("TypeScript"):
        # Without an import or an export, a file is no module, and shares its names with others.
        (folder / f"{name}.ts").write_text(f"{source}export {{}};\n")
    return folder
