"""``python -m benchmarks.house``: measures the size and the shape of the code beside its goals."""

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("api", "cli", "deploy", "domain", "openapi", "sandbox", "storage", "tasks", "telemetry")
VERBS = {"delete", "get", "head", "patch", "post", "put", "route"}
STREAMS = ("Stream", "ServerSentEvent")
QUESTION = re.compile(r"(How|What|When|Where|Whether|Which|Who|Whom|Whose|Why)\b")
SLEEP = re.compile(r"\b(anyio|asyncio|time)\.sleep\(")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """A Python file of this repository."""

    path: str
    lines: list[str]
    tree: ast.Module

    @property
    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))


class Place(NamedTuple):
    """Something that was counted, and how much it weighs."""

    size: int
    where: str


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    value: float
    goal: float | None
    """At most this much; None where it is only counted."""
    places: Sequence[Place] = ()

    @property
    def is_met(self) -> bool:
        """Whether the value is within its goal."""
        return self.goal is None or self.value <= self.goal


def measure(root: Path) -> list[Figure]:
    """Measure a checkout of this repository.

    Args:
        root: Its folder; older layouts are understood too.

    Returns:
        The figures, in the order of the table. Each should be at most its goal.
    """
    product = list(_modules(root, PRODUCT))
    controllers = [module for module in product if module.path.startswith("api/controllers/")]
    handlers = [
        (module, function)
        for module in controllers
        for function in module.functions
        if any(map(_is_route, function.decorator_list))
    ]
    sizes = [Place(len(module.lines), module.path) for module in product]
    functions = [_place(m, f, _length(f)) for m in product for f in m.functions]
    bodies = [_place(module, handler, _body_length(handler)) for module, handler in handlers]
    stores = [_place(module, handler, _count_stores(handler)) for module, handler in handlers]
    awaits = [_place(m, h, _count_awaits(h)) for m, h in handlers if not _is_stream(h)]
    sleeps = list(_sleeps(_modules(root, ("tests",))))
    return [
        *_sizes("modules", sizes, (90, 220, 300)),
        *_sizes("functions", functions, (10, 30, 50)),
        *_sizes("handler bodies", bodies, (8, None, 12)),
        _total("store names in handlers", stores, 0),
        _total("imports of storage in controllers", _storage_imports(controllers), 0),
        _count("handlers with more than one await", [at for at in awaits if at.size > 1], 0),
        _count("places that choose an error status", _status_places(product), 1),
        _count("files directly in storage/", _files(root / "storage"), 6),
        _count("files directly in api/", _files(root / "api"), 8),
        # They grow with what the service can do: 31,919 when its packages were made.
        _total("lines of the product", _packages(sizes), None),
        _count("first lines that begin with a question word", _questions(product), 0),
        Figure("sleeps in tests", len(sleeps), None),
        _count("sleeps in tests without a reason", [at for at in sleeps if at.size], 0),
    ]


def _modules(root: Path, folders: Iterable[str]) -> Iterator[Module]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                text = path.read_text(encoding="utf-8")
                name = path.relative_to(root).as_posix()
                yield Module(name, text.splitlines(), ast.parse(text))


def _place(module: Module, node: ast.stmt, size: int) -> Place:
    return Place(size, f"{module.path}:{node.lineno} {getattr(node, 'name', '')}".rstrip())


def _packages(modules: Iterable[Place]) -> list[Place]:
    sizes: Counter[str] = Counter()
    for module in modules:
        sizes[str(Path(module.where).parent)] += module.size
    return [Place(size, package) for package, size in sizes.items()]


def _files(folder: Path) -> list[Place]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [Place(1, f"{folder.name}/{path.name}") for path in files]


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _body_length(function: FunctionNode) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _is_route(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in VERBS


def _is_stream(handler: FunctionNode) -> bool:
    return handler.returns is not None and ast.unparse(handler.returns) in STREAMS


def _count_awaits(handler: FunctionNode) -> int:
    return sum(isinstance(node, ast.Await) for node in ast.walk(handler))


def _count_stores(handler: FunctionNode) -> int:
    return sum(
        isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] == "stores"
        for node in ast.walk(handler)
    )


def _storage_imports(controllers: Iterable[Module]) -> list[Place]:
    return [
        _place(module, node, len(node.names))
        for module in controllers
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "storage"
    ]


def _status_places(modules: Iterable[Module]) -> list[Place]:
    """Modules of the API that write an error status into an answer, or raise one."""
    return [
        Place(1, module.path)
        for module in modules
        if module.path.startswith("api/")
        and any(_chooses_status(node) for node in ast.walk(module.tree))
    ]


def _chooses_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id.endswith("Exception")
    if not isinstance(node, ast.Call):
        return False
    values = [keyword.value for keyword in node.keywords if keyword.arg == "status_code"]
    if ast.unparse(node.func).endswith("problem_response"):
        values += node.args[:1]
    return any(map(_is_error_status, values))


def _is_error_status(value: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value < 600)
        or (isinstance(node, ast.Name) and node.id.startswith(("HTTP_4", "HTTP_5")))
        for node in ast.walk(value)
    )


def _questions(modules: Iterable[Module]) -> list[Place]:
    found = ((module.path, ast.get_docstring(module.tree) or "") for module in modules)
    return [
        Place(1, f"{path}:1 {text.splitlines()[0]}") for path, text in found if QUESTION.match(text)
    ]


def _sleeps(tests: Iterable[Module]) -> Iterator[Place]:
    """Sleeps; those without a comment on their line or the line above have the size 1."""
    for module in tests:
        for number, line in enumerate(module.lines):
            if SLEEP.search(line):
                above = module.lines[number - 1].strip() if number else ""
                explained = "#" in line or above.startswith("#")
                yield Place(int(not explained), f"{module.path}:{number + 1} {line.strip()}")


def _sizes(
    name: str, places: Sequence[Place], goals: tuple[float, float | None, float]
) -> Iterator[Figure]:
    sizes = sorted(place.size for place in places) or [0]
    measures: dict[str, Callable[[], float]] = {
        "median": lambda: median(sizes),
        "p90": lambda: sizes[int(len(sizes) * 0.9)],
        "max": lambda: sizes[-1],
    }
    for (measured, value), goal in zip(measures.items(), goals, strict=True):
        if goal is not None:
            above = [place for place in places if place.size > goal]
            yield Figure(f"{name}, {measured} lines", value(), goal, above)


def _total(name: str, places: Sequence[Place], goal: int | None) -> Figure:
    return Figure(name, sum(at.size for at in places), goal, [at for at in places if at.size])


def _count(name: str, places: Sequence[Place], goal: int) -> Figure:
    return Figure(name, len(places), goal, places)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and exit with 1 where a goal is missed, else with 0."""
    parser = argparse.ArgumentParser(prog="make house", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT, help="a checkout")
    parser.add_argument("--worst", type=int, metavar="N", default=0, help="list N places of each")
    options = parser.parse_args(arguments)
    figures = measure(options.folder)
    console = Console(soft_wrap=True, highlight=False)
    console.print(_table(figures))
    missed = [figure for figure in figures if not figure.is_met]
    for figure in missed if options.worst else ():
        console.print(f"\n{figure.name}: {figure.value:,g}, goal {figure.goal:,g}", style="bold")
        for place in sorted(figure.places, reverse=True)[: options.worst]:
            console.print(f"  {place.size:6,}  {place.where}", markup=False)
    sys.exit(bool(missed))


def _table(figures: Iterable[Figure]) -> Table:
    table = Table("what", "figure", "goal", "met")
    for figure in figures:
        goal = "" if figure.goal is None else f"{figure.goal:,g}"
        style = "green" if figure.is_met else "bold red"
        met = "yes" if figure.is_met else "NO"
        table.add_row(figure.name, f"{figure.value:,g}", goal, met, style=style)
    return table


if __name__ == "__main__":
    main()
