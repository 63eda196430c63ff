"""The commands of administrators, with the running service."""

import pytest

from benchmarks.harness.receivers import Receivers
from tests.command_line import read_answer, read_json, run_for
from tests.deliveries import DELIVERING, delivering
from tests.integration.test_dead_letters import give_up
from tests.pictures import draw
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service
UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {f"MINILAB_{name.upper()}": str(value) for name, value in DELIVERING.items()}


async def test_link_is_created_shown_and_revoked(service: Service) -> None:
    limits = ("--expires-in", "7d", "--max-files", "1", "--max-bytes", "2MB", "--note", "Party")
    link = await read_json(service, "links", "create", *limits)
    assert (link["max_files"], link["max_bytes"], link["note"]) == (1, 2_000_000, "Party")
    sent = await service.send([("a.jpg", draw())], route="/v1/uploads", key=link["token"])
    assert sent.status_code == 202
    shown = await run_for(service, "links", "show", link["id"])
    assert ["files", "1", "of", "1"] in shown.rows
    assert ["bytes", "0", "bytes", "of", "2.0", "MB"] not in shown.rows
    listed = await read_json(service, "links", "list")
    answer = await read_answer(service, "/v1/upload-links")
    assert listed["items"] == answer["items"]
    told = await read_json(service, "links", "revoke", link["id"])
    assert told == {"revoked": link["id"]}
    assert (await service.link(link["id"]))["status"] == "revoked"
    assert (await run_for(service, "links", "list")).rows[1][1] == "revoked"


async def test_new_link_is_written_for_people(service: Service) -> None:
    shown = await run_for(service, "links", "create", "--expires-in", "90s")
    assert f"{service.client.base_url}/u#mll_" in shown.text.splitlines()[0]


async def test_link_can_hide_results_from_its_guests(service: Service) -> None:
    made = await read_json(service, "links", "create", "--expires-in", "1h", "--hide-results")
    assert made["show_results"] is False
    assert (await service.link(made["id"]))["show_results"] is False
    assert ["results", "hidden"] in (await run_for(service, "links", "show", made["id"])).rows


async def test_key_is_created_listed_and_revoked(service: Service) -> None:
    arguments = ("--role", "client", "--user-id", "u1", "--expires-in", "1h")
    made = await read_json(
        service, "keys", "create", *arguments, "--max-stored-bytes", "1.5GB", "--scope", "read"
    )
    assert made["max_stored_bytes"] == 1_500_000_000
    answer = await service.client.get("/v1/jobs", headers=authorization(made["key"]))
    assert answer.status_code == 200
    listed = await read_json(service, "keys", "list")
    answer = await read_answer(service, "/v1/api-keys")
    assert listed["items"] == answer["items"]
    assert (await run_for(service, "keys", "list")).rows[1][0] == made["id"]
    shown = await read_json(service, "keys", "show", made["id"])
    assert shown == await read_answer(service, f"/v1/api-keys/{made['id']}")
    assert ["scopes", "read"] in (await run_for(service, "keys", "show", made["id"])).rows
    revoked = await run_for(service, "keys", "revoke", made["id"])
    assert revoked.text == f"revoked key {made['id']}\n"
    answer = await service.client.get("/v1/jobs", headers=authorization(made["key"]))
    assert answer.status_code == 401


async def test_key_gets_another_webhook_secret(service: Service) -> None:
    shown = await run_for(service, "admin", "keys", "create", "--role", "service")
    key = dict(row for row in shown.rows if len(row) == 2)
    assert key["key"].startswith("mlk_")
    rotated = await read_json(service, "keys", "rotate", key["id"], "--overlap", "1h")
    assert rotated["key_id"] == key["id"]
    assert rotated["webhook_secret"].startswith("whsec_")


async def test_only_an_admin_key_administers(service: Service) -> None:
    key = await service.make_key("client", "u1")
    ended = await run_for(service, "keys", "list", key=key)
    assert (ended.code, "The API key came from" in ended.err) == (3, True)
    absent = await run_for(service, "links", "show", UNKNOWN)
    assert (absent.code, "not_found" in absent.err) == (3, True)


async def test_webhook_is_created_changed_and_deleted(service: Service) -> None:
    url = "https://example.com/hooks"
    made = await read_json(service, "webhooks", "create", url, "--event", "job.finished")
    assert (made["url"], made["event_types"]) == (url, ["job.finished"])
    webhook_id = made["id"]
    listed = await read_json(service, "webhooks", "list")
    assert listed["items"] == (await read_answer(service, "/v1/webhooks"))["items"]
    changes = ("--status", "paused", "--all-events", "--note", "for now")
    changed = await read_json(service, "webhooks", "update", webhook_id, *changes)
    assert (changed["status"], changed["event_types"]) == ("paused", None)
    assert changed == await read_json(service, "webhooks", "show", webhook_id)
    assert ["events", "all"] in (await run_for(service, "webhooks", "show", webhook_id)).rows
    rotated = await read_json(service, "webhooks", "rotate", webhook_id)
    assert rotated["secret"] not in {"", made["secret"]}
    assert (await run_for(service, "webhooks", "update", webhook_id)).code == 2
    assert (await run_for(service, "webhooks", "delete", webhook_id)).code == 2
    told = await read_json(service, "webhooks", "delete", webhook_id, "--yes")
    assert told == {"deleted": webhook_id}
    assert await read_json(service, "webhooks", "list") == {"items": [], "has_more": False}
    assert "There are none." in (await run_for(service, "webhooks", "list")).err
    released = await read_json(service, "webhooks", "release")
    assert released == {"held_since": None}


async def test_deliveries_are_listed_shown_and_repeated(service: Service) -> None:
    async with Receivers() as receivers, delivering(service):
        made = await read_json(service, "webhooks", "create", receivers.url("ok"))
        sent = await read_json(service, "webhooks", "test", made["id"])
        await until(lambda: len(receivers.messages) == 1)

        async def delivered() -> bool:
            command = ("webhooks", "deliveries", "show", made["id"], sent["id"])
            return bool((await read_json(service, *command))["status"] == "delivered")

        await until(delivered)
        listed = await read_json(
            service, "webhooks", "deliveries", "list", made["id"], "--status", "delivered"
        )
        answer = await read_answer(service, f"/v1/webhooks/{made['id']}/deliveries")
        assert listed["items"] == answer["items"]
        rows = (await run_for(service, "webhooks", "deliveries", "list", made["id"])).rows
        assert rows[1][1:5] == ["webhook.test", "delivered", "1", "200"]
        repeat = ("webhooks", "deliveries", "redeliver", made["id"], sent["id"])
        assert (await run_for(service, *repeat)).code == 0
        await until(lambda: len(receivers.messages) == 2)
        shown = await run_for(service, "webhooks", "deliveries", "show", made["id"], sent["id"])
        assert ["attempt", "1"] in [row[:2] for row in shown.rows]
        failed = await read_json(
            service, "webhooks", "redeliver", made["id"], "--since", "2026-01-01"
        )
        assert failed == {"redelivered": 0}


async def test_dead_letters_are_listed_retried_and_discarded(service: Service) -> None:
    letters = await give_up(service, 3, user_id="u1")
    first, second, third = (letter["image_id"] for letter in letters)
    listed = await read_json(service, "dead-letters", "list", "--user-id", "u1")
    assert [letter["image_id"] for letter in listed["items"]] == [third, second, first]
    answer = await read_answer(service, f"/v1/dead-letters/{first}")
    assert await read_json(service, "dead-letters", "show", first) == answer
    shown = await run_for(service, "dead-letters", "show", first)
    assert [row[-1] for row in shown.rows if row[0] == "attempt"] == ["decode_timed_out"]
    assert (await run_for(service, "dead-letters", "list")).rows[1][1] == "decode_timed_out"
    retried = await read_json(service, "dead-letters", "retry", first)
    assert retried == {"retried": 1, "skipped": 0, "left": 0}
    discarded = await read_json(service, "dead-letters", "discard", second, "--yes")
    assert discarded["discarded"] == 1
    by_filter = ("--all", "--code", "decode_timed_out")
    assert (await run_for(service, "dead-letters", "discard", *by_filter)).code == 2
    rest = await read_json(service, "dead-letters", "discard", *by_filter, "--yes")
    assert rest == {"discarded": 1, "skipped": 0, "left": 0}
    for wrong in ((), (first, "--all"), (first, "--user-id", "u1")):
        assert (await run_for(service, "dead-letters", "retry", *wrong)).code == 2, wrong


async def test_batches_are_started_waited_for_and_canceled(working_service: Service) -> None:
    service = working_service
    await service.process([("a.png", draw())], user_id="u1", operations="metadata")
    counting = ("check_hashes", "--user-id", "u1", "--older-than-days", "1", "--dry-run")
    made = await read_json(service, "batch", "start", *counting)
    assert (made["operation"], made["dry_run"]) == ("check_hashes", True)
    assert made["filter"].items() >= {"user_id": "u1", "older_than_days": 1}.items()
    ended = await read_json(service, "batch", "wait", made["id"])
    assert (ended["status"], ended["selected"]) == ("succeeded", 0)
    assert await read_json(service, "batch", "show", made["id"]) == ended
    assert (await read_json(service, "batch", "cancel", made["id"])) == ended
    shown = await run_for(service, "batch", "start", "faces", "--user-id", "u1", "--wait")
    assert ["done", *["1,", "0", "of", "them", "unchanged"]] in shown.rows
    assert (await run_for(service, "batch", "start", "sharpen")).code == 3
    listed = await read_json(service, "batch", "list")
    assert [one["operation"] for one in listed["items"]] == ["faces", "check_hashes"]


async def test_audit_trail_says_who_did_what(service: Service) -> None:
    made = await read_json(service, "links", "create", "--expires-in", "1h")
    await run_for(service, "links", "revoke", made["id"])
    told = await read_json(service, "audit", "list", "--target", made["id"])
    assert [entry["action"] for entry in told["items"]] == [
        "upload_link.revoked",
        "upload_link.created",
    ]
    assert told["items"] == (await read_answer(service, "/v1/audit", target=made["id"]))["items"]
    created = ("--action", "upload_link.created", "--since", "2026-01-01")
    shown = await run_for(service, "audit", "list", "--actor", "admin", *created)
    assert shown.rows[1][2:5] == ["upload_link.created", "admin", made["id"]]
    assert (await read_json(service, "audit", "list", "--until", "2026-01-01"))["items"] == []
