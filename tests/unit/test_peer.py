import ast
import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PEER = REPOSITORY / "benchmarks" / "peer"
OPERATIONS = REPOSITORY / "domain" / "images"
DISTRIBUTIONS = {"PIL": "pillow", "cv2": "opencv-python-headless", "gridfs": "pymongo"}
"""What is installed under another name than it is imported by."""


def test_peer_is_installed_with_what_it_imports() -> None:
    pinned = read_lock("peer")
    # It computes no embedding, and only that operation needs what learning is installed with.
    assert not any("embedding" in path.read_text() for path in PEER.rglob("*.py"))
    of_learning = read_lock("learning").keys() - read_lock("core").keys()
    named = {"celery", "fastapi", "pydantic"}
    imported = imports_of(PEER) | imports_of(OPERATIONS)
    others = imported - named - sys.stdlib_module_names - {"benchmarks", "domain"}
    distributions = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in others}
    users = [path.name for path in OPERATIONS.rglob("*.py") if imports_of(path) & of_learning]
    assert users == ["embedding_model.py"]
    assert (named | distributions) - of_learning <= pinned.keys()


def test_peer_runs_the_operations_with_the_versions_of_the_service() -> None:
    ours, peers = read_lock("core"), read_lock("peer")
    shared = ours.keys() & peers.keys()
    assert {"numpy", "opencv-python-headless", "pillow", "pymongo"} <= shared
    assert {name: peers[name] for name in shared} == {name: ours[name] for name in shared}


def test_nothing_of_the_peer_is_installed_with_the_service() -> None:
    for name in ("core", "run", "dev"):
        assert {"celery", "fastapi", "kombu"}.isdisjoint(read_lock(name))


def imports_of(place: Path) -> set[str]:
    files = place.rglob("*.py") if place.is_dir() else [place]
    trees = [ast.parse(path.read_text()) for path in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def read_lock(name: str) -> dict[str, list[str]]:
    """Read the versions that a lock pins: several of a package that differ by Python."""
    text = (REPOSITORY / "locks" / f"{name}.lock").read_text()
    pinned: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE):
        pinned.setdefault(package, []).append(version)
    return pinned
