"""The commands of images, jobs, users and statistics, with the running service."""

import asyncio
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from cli.session import Session
from tests.command_line import read_answer, read_json, run_for
from tests.integration.test_dead_letters import give_up
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service
UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"


async def accept(service: Service, *files: tuple[str, bytes], **fields: Any) -> dict[str, Any]:
    """Upload files that no worker processes."""
    answer = await service.send(files, **fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def ids(job: dict[str, Any]) -> list[str]:
    return [item["image_id"] for item in job["items"]]


async def test_images_are_found_by_filters(service: Service) -> None:
    ours = await accept(service, *((f"{n}.jpg", draw(seed=n)) for n in range(3)), user_id="u1")
    await accept(service, ("b.png", draw(kind="PNG")), user_id="u2")
    told = await read_json(service, "images", "list", "--user-id", "u1", "--limit", "2")
    answer = await read_answer(service, "/v1/images", user_id="u1", limit=2)
    assert told == {"items": answer["items"], "has_more": True}
    every = await read_json(service, "images", "search", "--user-id", "u1", "--all")
    assert {item["id"] for item in every["items"]} == set(ids(ours))
    assert every["has_more"] is False
    by_format = await read_json(service, "images", "list", "--format", "png")
    assert [item["filename"] for item in by_format["items"]] == ["b.png"]
    by_day = await read_json(service, "images", "list", "--uploaded-to", "2020-01-31")
    assert by_day["items"] == []
    shown = await run_for(service, "images", "list", "--limit", "1")
    assert shown.rows[1][1:6] == ["b.png", "queued", "png", "7.1", "kB"]
    assert "There are more than these 1" in shown.err


async def test_wrong_filters_are_wrong_usage(service: Service) -> None:
    for arguments in (("--day", "yesterday"), ("--format", "doc"), ("--distance", "17")):
        ended = await run_for(service, "images", "list", *arguments)
        assert (ended.code, ended.out) == (2, b""), arguments
    refused = await run_for(service, "images", "list", "--near", "Vienna", "--radius", "0")
    assert refused.code == 3
    assert "\n  near: " in refused.err
    assert "\n  radius_m: " in refused.err


async def test_pictures_are_saved_once_and_under_their_names(
    service: Service, tmp_path: Path
) -> None:
    first, other = draw(seed=1), draw(seed=2)
    files = [("a.jpg", first), ("a.jpg", other), (".b.jpg", first), ("c.jpg", first)]
    job = await accept(service, *files)
    (tmp_path / "c.jpg").write_text("something else")
    command = ("images", "download", "--all", "--to", tmp_path)
    told = await read_json(service, *command)
    saved = {Path(file["path"]).name: Path(file["path"]).read_bytes() for file in told["files"]}
    second, unique = (name for name in saved if name not in {"a.jpg", "b.jpg"})
    assert {file["outcome"] for file in told["files"]} == {"saved"}
    assert sorted(saved.values()) == sorted([first, other, first, first])
    assert {second[:2], unique[:2]} == {"a-", "c-"}
    assert (tmp_path / "c.jpg").read_text() == "something else"
    again = await read_json(service, *command)
    assert {file["outcome"] for file in again["files"]} == {"kept"}
    assert {file["path"] for file in again["files"]} == {file["path"] for file in told["files"]}
    assert len(list(tmp_path.iterdir())) == 5
    one = await run_for(service, "images", "download", ids(job)[0], "--to", tmp_path / "new")
    assert one.text.startswith("1 picture saved in")


async def test_rest_of_a_picture_is_saved(service: Service, tmp_path: Path) -> None:
    picture = draw(640, 480)
    (image_id,) = ids(await accept(service, ("a.jpg", picture)))
    (tmp_path / f".{image_id}-original.part").write_bytes(picture[:1000])
    await read_json(service, "images", "download", image_id, "--to", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == picture


async def test_pictures_to_save_are_chosen_in_one_way(service: Service, tmp_path: Path) -> None:
    for arguments in ((), (UNKNOWN, "--all"), (UNKNOWN, "--format", "png")):
        ended = await run_for(service, "images", "download", *arguments, "--to", tmp_path)
        assert ended.code == 2, arguments


async def test_images_are_deleted_after_confirmation(service: Service) -> None:
    first, second = ids(await accept(service, ("a.jpg", draw()), ("b.jpg", draw(seed=1))))
    assert (await run_for(service, "images", "delete", first)).code == 2
    told = await read_json(service, "images", "delete", first, "--yes")
    assert told == {"deleted": [first]}
    ended = await run_for(service, "images", "delete", first, second, "--yes")
    assert (ended.code, ended.text) == (3, "deleted 1 of 2 images\n")
    assert f"{first}: not_found" in ended.err
    assert await service.count("images") == 0


async def test_results_of_images_are_shown(working_service: Service, tmp_path: Path) -> None:
    """One job for all that needs a worker."""
    service = working_service
    files = [("a.jpg", draw(seed=1)), ("b.png", draw(seed=1, kind="PNG")), ("c.jpg", draw(seed=9))]
    job = await service.process(files, user_id="u1")
    await service.process(files[:1], user_id="u2")
    first, twin, _ = ids(job)

    shown = await run_for(service, "images", "show", first)
    assert shown.rows[0][:3] == ["file", "a.jpg,", "image/jpeg,"]
    answer = await read_answer(service, f"/v1/images/{first}")
    assert await read_json(service, "images", "show", first) == answer

    similar = await read_json(service, "images", "similar", first, "--user-id", "u1")
    assert [item["id"] for item in similar["items"]] == [twin]

    histogram = await read_json(service, "images", "histogram", first)
    assert sum(histogram["bins"]) == histogram["pixels"] == 64 * 48
    assert "3,072 pixels" in (await run_for(service, "images", "histogram", first)).text

    median = await read_json(service, "median")
    assert (median["images"], len(median["bins"])) == (4, 256)
    assert "Median of 4 images" in (await run_for(service, "median")).text

    week = await read_json(service, "users", "histograms", "u1")
    assert {item["image_id"] for item in week["items"]} == set(ids(job))
    assert len((await run_for(service, "users", "histograms", "u1")).rows) == 4

    users = await read_json(service, "users", "similar", "u1", "--metric", "emd")
    assert [item["user_id"] for item in users["items"]] == ["u2"]
    assert (await run_for(service, "users", "similar", "u1")).rows[1][0] == "u2"

    command = ("images", "download", first, "--variant", "thumbnail", "--to", tmp_path)
    told = await read_json(service, *command)
    thumbnail = await service.client.get(
        f"/v1/images/{first}/content", params={"variant": "thumbnail"}
    )
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == thumbnail.content
    assert path.name.startswith("a-")
    assert told["files"][0]["outcome"] == "saved"
    assert (await read_json(service, *command))["files"][0]["outcome"] == "kept"

    gone = await run_for(service, "users", "delete", "u2", "--yes", "--wait")
    assert gone.code == 0, gone.err
    assert await service.count("images") == 3


async def test_jobs_are_listed_shown_canceled_and_retried(service: Service) -> None:
    job = await accept(service, ("a.jpg", draw()), user_id="u1")
    await accept(service, ("b.jpg", draw(seed=1)), user_id="u2")
    listed = await read_json(service, "jobs", "list", "--user-id", "u1", "--status", "queued")
    answer = await read_answer(service, "/v1/jobs", user_id="u1")
    assert listed == {"items": answer["items"], "has_more": False}
    assert len((await run_for(service, "jobs", "list")).rows) == 3
    told = await read_json(service, "jobs", "show", job["id"])
    assert told == await read_answer(service, f"/v1/jobs/{job['id']}")
    canceled = await run_for(service, "jobs", "cancel", job["id"])
    assert canceled.text.startswith(f"job {job['id']}: canceled")
    ended = await run_for(service, "jobs", "wait", job["id"])
    assert (ended.code, "canceled" in ended.text) == (1, True)
    refused = await run_for(service, "jobs", "retry", job["id"])
    assert (refused.code, "nothing_to_retry" in refused.err) == (3, True)
    (letter,) = await give_up(service)
    retried = await run_for(service, "jobs", "retry", letter["job_id"])
    assert (retried.code, retried.rows[0][2]) == (0, "queued,")


async def test_wait_says_that_no_worker_is_running(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr("cli.waiting.PATIENCE_SECONDS", 0.0)
    note = Session.note

    def tell(session: Session, line: str) -> None:
        note(session, line)
        loop.call_soon_threadsafe(told.set)

    monkeypatch.setattr(Session, "note", tell)
    job = await accept(service, ("a.jpg", draw()))
    waiting = asyncio.create_task(run_for(service, "jobs", "wait", job["id"]))
    await told.wait()
    await service.client.delete(f"/v1/jobs/{job['id']}")
    assert "No worker is running" in (await waiting).err


async def test_known_files_are_left_out_and_marks_are_found(
    service: Service, tmp_path: Path
) -> None:
    for name, seed in (("a.jpg", 1), ("b.jpg", 2), ("c.jpg", 1)):
        (tmp_path / name).write_bytes(draw(seed=seed))
    marks = ("--external-id", "order-7", "--tag", "red", "--tag", "big", "--attribute", "room=x=y")
    first = await read_json(service, "upload", tmp_path / "a.jpg", *marks)
    (job,) = first["jobs"]
    assert (job["external_id"], job["tags"]) == ("order-7", ["red", "big"])
    assert job["attributes"] == {"room": "x=y"}
    listed = await read_json(service, "images", "list", "--tag", "big", "--attribute", "room=x=y")
    assert [item["filename"] for item in listed["items"]] == ["a.jpg"]
    assert (await read_json(service, "jobs", "list", "--tag", "green"))["items"] == []

    second = await read_json(service, "upload", tmp_path, "--skip-known")
    assert [item["filename"] for item in second["jobs"][0]["items"]] == ["b.jpg"]
    image_id = job["items"][0]["image_id"]
    assert second["skipped"] == [
        {"file": str(tmp_path / name), "image_id": image_id} for name in ("a.jpg", "c.jpg")
    ]
    third = await run_for(service, "upload", tmp_path, "--skip-known", "--wait")
    assert (third.code, third.out) == (0, b"")
    assert "3 known files left out" in third.err
    assert (await service.count("jobs"), await service.count("images")) == (2, 2)
    wrong = await run_for(service, "upload", tmp_path, "--attribute", "room")
    assert (wrong.code, "room=kitchen" in wrong.err) == (2, True)


async def test_marks_are_changed(service: Service) -> None:
    job = await accept(service, ("a.jpg", draw()), tags="red")
    (image_id,) = ids(job)
    changes = ("--add-tag", "big", "--remove-tag", "red", "--attribute", "room=attic")
    told = await read_json(service, "images", "update", image_id, *changes)
    assert (told["tags"], told["attributes"]) == (["big"], {"room": "attic"})
    shown = await run_for(service, "images", "show", image_id)
    assert ["tags", "big"] in shown.rows
    changed = await read_json(service, "jobs", "update", job["id"], "--external-id", "order-7")
    assert (changed["external_id"], changed["tags"]) == ("order-7", ["red"])
    assert (await run_for(service, "jobs", "update", job["id"])).code == 2


async def test_url_of_a_picture_needs_no_key(service: Service) -> None:
    (image_id,) = ids(await accept(service, ("a.jpg", draw())))
    told = await read_json(service, "images", "url", image_id, "--expires-in", "10m")
    address = httpx.URL(told["url"])
    answer = await service.client.get(address.raw_path.decode(), headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (200, draw())


async def test_archives_hold_the_pictures(service: Service, tmp_path: Path) -> None:
    link = await service.make_link()
    files = [("a.jpg", draw(seed=1)), ("b.jpg", draw(seed=2))]
    job = await accept(service, *files, tags="red")
    await accept(service, ("c.jpg", draw(seed=3)), route="/v1/uploads", key=link["token"])
    for words, names in (
        (("images", "archive", "--tag", "red"), {"a.jpg", "b.jpg"}),
        (("jobs", "archive", job["id"]), {"a.jpg", "b.jpg"}),
        (("links", "archive", link["id"]), {"c.jpg"}),
    ):
        file = tmp_path / f"{words[0]}.zip"
        told = await read_json(service, *words, "-o", file)
        size = file.stat().st_size
        assert told == {"saved": str(file), "bytes": size, "pictures": len(names), "left_out": 0}
        with ZipFile(file) as archive:
            found = {Path(name).name for name in archive.namelist()}
        assert found == names | {"manifest.json"}
    written = await run_for(service, "jobs", "archive", job["id"], "-o", "-")
    assert written.out[:2] == b"PK"
    absent = await run_for(service, "jobs", "archive", UNKNOWN, "-o", tmp_path / "absent.zip")
    assert (absent.code, (tmp_path / "absent.zip").exists()) == (3, False)


async def test_archive_without_a_picture_is_not_saved(service: Service, tmp_path: Path) -> None:
    job = await accept(service, ("a.jpg", draw()))
    file = tmp_path / "holiday.zip"
    for words, reason in (
        (("images", "archive", "--tag", "hollyday"), "`minilab images list` takes the same"),
        (("jobs", "archive", job["id"], "--variant", "faces"), "1 image found, but none has"),
    ):
        ended = await run_for(service, *words, "-o", file)
        assert (ended.code, list(tmp_path.iterdir())) == (1, [])
        assert reason in ended.err
    assert "wrong_state: The faces are not ready yet" in ended.err


async def test_service_fetches_files_by_their_urls(working_service: Service) -> None:
    command = ("upload", "--from-url", "https://127.0.0.1/a.jpg", "--tag", "red", "--wait")
    ended = await run_for(working_service, *command, "--json", "--operations", "metadata")
    assert ended.code == 1
    (job,) = ended.json()["jobs"]
    assert job["tags"] == ["red"]
    assert [item["error"]["code"] for item in job["items"]] == ["fetch_refused"]
    assert (await run_for(working_service, "upload")).code == 2
