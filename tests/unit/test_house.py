from pathlib import Path

import pytest

from benchmarks.house import measure

CONTROLLER = '''"""Which routes there are."""
from storage.jobs import Jobs
from storage.images import Images, Image

@get("/")
async def read(request) -> View:
    """Read it."""
    job = await request.app.state.stores.jobs.get(1)
    return Response(await view(job), status_code=503)

@get("/file")
async def fetch(request) -> Stream:
    await one()
    await two()
'''
TEST = """import asyncio

async def test_waits() -> None:
    PAUSE
    PAUSE  # A real pause is what is tested.
    # And so is this one.
    PAUSE
""".replace("PAUSE", "await asyncio" + ".sleep(1)")


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, float]:
    for folder in ("api/controllers", "storage", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "api" / "controllers" / "things.py").write_text(CONTROLLER)
    (tmp_path / "storage" / "jobs.py").write_text('"""Jobs."""\n')
    (tmp_path / "tests" / "test_things.py").write_text(TEST)
    return {figure.name: figure.value for figure in measure(tmp_path)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("modules, max lines", 14),
        ("functions, max lines", 4),
        ("handler bodies, max lines", 2),
        ("store names in handlers", 1),
        ("imports of storage in controllers", 3),
        ("handlers with more than one await", 1),
        ("places that choose an error status", 1),
        ("files directly in storage/", 1),
        ("files directly in api/", 0),
        ("lines of the product", 15),
        ("first lines that begin with a question word", 1),
        ("sleeps in tests", 3),
        ("sleeps in tests without a reason", 1),
    ],
)
def test_counts_what_the_goals_speak_of(figures: dict[str, float], name: str, value: float) -> None:
    assert figures[name] == value
