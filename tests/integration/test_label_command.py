"""The command ``minilab label``, with the running service."""

from pathlib import Path

import pytest

from tests.command_line import read_json, run_for
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true"}


async def test_images_are_labeled_one_by_one_and_from_a_file(
    service: Service, tmp_path: Path
) -> None:
    files = [(f"{n}.png", draw(kind="PNG", seed=n)) for n in range(2)]
    answer = await service.send(files, operations="metadata")
    first, second = (item["image_id"] for item in answer.json()["items"])
    kept = await read_json(service, "label", first, "flowers", "daisy")
    assert kept == {"image_id": first, "task": "flowers", "value": "daisy"}
    told = await run_for(service, "label", first, "flowers", "--remove")
    assert told.text == "removed the label flowers\n"
    assert await service.count("labels") == 0
    lines = f"image_id,task,value\n{first},flowers,rose\n{second},flowers, tulip\nnone,flowers,x\n"
    (tmp_path / "labels.csv").write_text(lines)
    ended = await run_for(service, "label", "--from", tmp_path / "labels.csv")
    assert (ended.code, ended.text) == (3, "set 2 of 3 labels\n")
    assert "none flowers: not_found" in ended.err
    images = service.stores.database["images"]
    shown = [image["labels"] async for image in images.find().sort("index", 1)]
    assert shown == [{"flowers": "rose"}, {"flowers": "tulip"}]
    for wrong in ((first, "flowers"), (first, "flowers", "x", "--remove"), ()):
        assert (await run_for(service, "label", *wrong)).code == 2
    (tmp_path / "labels.csv").write_text("a,b\n")
    assert (await run_for(service, "label", "--from", tmp_path / "labels.csv")).code == 2
