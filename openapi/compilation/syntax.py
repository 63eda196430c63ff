"""Swift and Dart, whose compilers no registry has: parsed by their grammars."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tree_sitter import Language, Node, Parser

from openapi.compilation.results import Shown
from openapi.compilation.snippets import write_snippets
from openapi.compilation.stage import Stage
from openapi.openapi_generator import generate

# The grammar does not read the empty tuple before a cast.
_EMPTY_TUPLE = re.compile(rb"\(\)(?=\)? as!)")
_IDENTIFIABLE = re.compile(r"^extension (\w+): Identifiable \{\}", re.MULTILINE)


def show_swift(stage: Stage) -> Shown:
    """Parse the Swift client and the snippets of the documentation."""
    folder = stage.folder / "swift"
    generate("swift", folder)
    write_snippets(folder / "snippets", "swift", "swift")
    if errors := [*syntax_errors(folder, "swift"), *identifiable_without_id(folder)]:
        raise SystemExit("\n".join(errors))
    return Shown("Swift", {"compiles": "parsed"})


def show_dart(stage: Stage) -> Shown:
    """Parse the Dart client."""
    folder = stage.folder / "dart"
    generate("dart", folder)
    if errors := list(syntax_errors(folder, "dart")):
        raise SystemExit("\n".join(errors))
    return Shown("dart-dio", {"compiles": "parsed", "follows": "left out"})


def syntax_errors(folder: Path, language: str) -> Iterator[str]:
    """Name the files that do not parse, with the place and the text of the first error."""
    grammar = import_module(f"tree_sitter_{language}")
    parser = Parser(Language(grammar.language()))
    files = list(folder.rglob(f"*.{language}"))
    if not files:
        yield f"{folder} has no file of {language}"
    for file in files:
        tree = parser.parse(_EMPTY_TUPLE.sub(b"x", file.read_bytes()))
        if error := _first_error(tree.root_node):
            row, column = error.start_point
            yield f"{file.relative_to(folder)}:{row + 1}:{column + 1}: {(error.text or b'')[:80]!r}"


def identifiable_without_id(folder: Path) -> Iterator[str]:
    """Name the Swift types that are to be told apart by an ``id`` that they do not have."""
    for file in folder.rglob("*.swift"):
        text = file.read_text()
        for name in _IDENTIFIABLE.findall(text):
            if not re.search(rf"struct {name}: .*?\n    public var id: ", text, re.DOTALL):
                yield f"{name} is Identifiable, and has no id"


def _first_error(node: Node) -> Node | None:
    if not node.has_error:
        return None
    if node.is_error or node.is_missing:
        return node
    return next((error for child in node.children if (error := _first_error(child))), None)
