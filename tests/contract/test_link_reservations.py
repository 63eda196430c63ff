"""Limits of links hold exactly, for uploads at the same time and through many processes."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from domain.errors.access import LinkRevoked, LinkUsedUp
from domain.jobs import ChunkPlan
from domain.keys import Scope
from domain.links import LinkPlan, UploadLink
from storage.acceptance.acceptance import Acceptance
from storage.acceptance.uploads import Ticket
from storage.stores import Stores
from tests.access import ADMIN, revoke_link
from tests.stored_files import list_stored
from tests.uploads import accept, make_upload
from tests.waiting import until

MB = 1024 * 1024


async def _link(stores: Stores, *, named: str = "x", **plan: Any) -> UploadLink:
    return await stores.upload_links.create(
        LinkPlan(expires_in=60, **plan), f"mll_{named}", "admin"
    )


async def _accept(
    acceptance: Acceptance, stores: Stores, link: UploadLink, *contents: bytes
) -> Ticket | Exception:
    coming = await make_upload(stores, *contents, user_id=link.user_id, link_id=link.id)
    try:
        return await acceptance.accept(coming)
    except (LinkUsedUp, LinkRevoked) as refusal:
        return refusal


def _acceptors(stores: Stores, count: int) -> list[Acceptance]:
    """Make acceptors as several API processes have them: nothing shared but MongoDB."""
    due_after = stores.acceptance._due_after
    others = [
        Acceptance(stores.client, stores.database, stores.blob_stores, ChunkPlan(), due_after)
        for _ in range(count - 1)
    ]
    return [stores.acceptance, *others]


async def _assert_use_is_true(stores: Stores, link: UploadLink) -> UploadLink:
    """See that the link says what is there, and that nothing else is."""
    now = await stores.upload_links.get(link.id, ADMIN)
    assert now is not None
    images = [image async for image in stores.database["images"].find({"link_id": link.id})]
    assert now.used_files - now.deleted_files == len(images)
    assert now.used_bytes - now.deleted_bytes == sum(image["size_bytes"] for image in images)
    files = sorted(await stores.database["blobs.files"].distinct("_id"))

    async def no_other_bytes_are_left() -> bool:
        return await list_stored(stores) == files

    await until(no_other_bytes_are_left)  # A refusal is answered before its bytes are deleted.
    return now


@pytest.mark.slow
@pytest.mark.parametrize("acceptors", [1, 4])
async def test_200_uploads_at_once_of_50_files_allowed_make_50_images(
    stores: Stores, acceptors: int
) -> None:
    link = await _link(stores, max_files=50)
    through = _acceptors(stores, acceptors)
    async with asyncio.timeout(120):
        answers = await asyncio.gather(
            *(_accept(through[n % acceptors], stores, link, b"%d" % n) for n in range(200))
        )
    assert Counter(map(type, answers)) == {Ticket: 50, LinkUsedUp: 150}
    assert await stores.database["images"].count_documents({}) == 50
    assert await stores.database["jobs"].count_documents({}) == 50
    assert (await _assert_use_is_true(stores, link)).used_files == 50


async def test_bytes_are_counted_as_exactly_as_files(stores: Stores) -> None:
    link = await _link(stores, max_bytes=100 * MB)
    through = _acceptors(stores, 3)
    async with asyncio.timeout(120):
        await asyncio.gather(
            *(
                _accept(through[n % 3], stores, link, b"%02d" % n * (3 * MB + n), b"%03d" % n)
                for n in range(20)
            )
        )
    now = await _assert_use_is_true(stores, link)
    assert now.used_bytes <= 100 * MB
    # Whatever large file is not there did not fit any more.
    assert now.used_bytes + 2 * (3 * MB + 20) > 100 * MB


async def test_first_files_fit_and_the_rest_are_refused_one_by_one(stores: Stores) -> None:
    link = await _link(stores, max_files=2)
    ticket = await _accept(
        stores.acceptance, stores, link, b"a" * 2 * MB, b"b", b"c" * 2 * MB, b"d"
    )
    assert isinstance(ticket, Ticket)
    assert [item.image_id is not None for item in ticket.items] == [True, True, False, False]
    assert [item.error.code for item in ticket.items[2:] if item.error] == ["link_used_up"] * 2
    job = await stores.jobs.get(ticket.job.id, Scope())
    assert job == ticket.job
    assert (await stores.jobs.items([job]))[job.id] == ticket.items
    assert (job.tally.waiting, job.tally.refused) == (4, 4)
    await _assert_use_is_true(stores, link)
    full = await _accept(stores.acceptance, stores, link, b"e" * 2 * MB)
    assert isinstance(full, LinkUsedUp)
    await _assert_use_is_true(stores, link)


async def test_smaller_file_fits_where_a_larger_one_does_not(stores: Stores) -> None:
    link = await _link(stores, max_bytes=10)
    ticket = await _accept(stores.acceptance, stores, link, b"123456", b"12345", b"1234")
    assert isinstance(ticket, Ticket)
    assert [item.image_id is not None for item in ticket.items] == [True, False, True]
    assert (await _assert_use_is_true(stores, link)).left_bytes == 0


async def test_refused_files_take_no_room(stores: Stores) -> None:
    link = await _link(stores, max_files=1)
    coming = await make_upload(stores, refused=3, user_id=link.user_id, link_id=link.id)
    await stores.acceptance.accept(coming)
    assert (await _assert_use_is_true(stores, link)).left_files == 1


async def test_neighbours_of_a_refused_upload_are_accepted(stores: Stores) -> None:
    full = await _link(stores, max_files=1)
    roomy = await _link(stores, named="y")
    await _accept(stores.acceptance, stores, full, b"first")
    answers = await asyncio.gather(
        accept(stores, b"with a key"),
        _accept(stores.acceptance, stores, full, b"x" * 2 * MB),
        _accept(stores.acceptance, stores, roomy, b"y"),
        accept(stores, b"with another"),
    )
    assert [type(answer) for answer in answers] == [Ticket, LinkUsedUp, Ticket, Ticket]
    await _assert_use_is_true(stores, full)
    await _assert_use_is_true(stores, roomy)


async def test_link_that_is_locked_keeps_nobody_else_waiting(stores: Stores) -> None:
    link, other = await _link(stores), await _link(stores, named="y")
    async with await stores.client.start_session() as session, session.start_transaction():
        # As a process does that was killed in the middle of one.
        await stores.database["upload_links"].update_one(
            {"_id": link.id}, {"$inc": {"used_files": 0, "version": 1}}, session=session
        )
        stuck = asyncio.create_task(_accept(stores.acceptance, stores, link, b"a"))
        async with asyncio.timeout(15):
            await accept(stores, b"b")
            assert isinstance(await _accept(stores.acceptance, stores, other, b"c"), Ticket)
        assert not stuck.done()
    assert isinstance(await stuck, Ticket)
    await _assert_use_is_true(stores, link)


async def test_nothing_comes_in_once_a_revoke_has_returned(stores: Stores) -> None:
    link = await _link(stores)
    through = _acceptors(stores, 3)
    coming = [
        await make_upload(stores, b"%d" % n, user_id=link.user_id, link_id=link.id)
        for n in range(90)
    ]
    revoked = asyncio.Event()
    late = 0

    async def upload(number: int) -> None:
        nonlocal late
        if number >= 30:
            await revoked.wait()
        began_after = revoked.is_set()
        try:
            await through[number % 3].accept(coming[number])
        except LinkRevoked:
            return
        late += began_after

    async def revoke() -> None:
        assert await revoke_link(stores, link.id)
        count = await stores.database["images"].count_documents({})
        revoked.set()
        counts.append(count)

    counts: list[int] = []
    await asyncio.gather(*(upload(number) for number in range(90)), revoke())
    assert late == 0
    assert await stores.database["images"].count_documents({}) == counts[0]
    await _assert_use_is_true(stores, link)


async def test_upload_that_began_before_the_expiry_is_accepted(stores: Stores) -> None:
    link = await _link(stores)
    coming = await make_upload(stores, b"a", user_id=link.user_id, link_id=link.id)
    past = {"$set": {"expires_at": link.created_at}}
    await stores.database["upload_links"].update_one({"_id": link.id}, past)
    await stores.acceptance.accept(coming)
    await _assert_use_is_true(stores, link)


@pytest.mark.slow
async def test_deletes_at_the_same_moment_leave_the_totals_true(stores: Stores) -> None:
    link = await _link(stores, max_files=60)
    tickets = await asyncio.gather(
        *(_accept(stores.acceptance, stores, link, b"%d" % n) for n in range(40))
    )
    ids = [str(ticket.items[0].image_id) for ticket in tickets if isinstance(ticket, Ticket)]
    async with asyncio.timeout(120):
        await asyncio.gather(
            *(stores.image_deletion.delete(image_id, Scope()) for image_id in ids[::2]),
            *(_accept(stores.acceptance, stores, link, b"more %d" % n) for n in range(40)),
        )
    now = await _assert_use_is_true(stores, link)
    assert (now.used_files, now.deleted_files, now.left_files) == (60, 20, 0)


async def test_duplicates_are_told_within_a_link_and_to_its_user_alone(stores: Stores) -> None:
    first = await accept(stores, b"same", user_id="u1")
    link = await _link(stores, user_id="u1")
    other = await _link(stores, named="y", user_id="u1")

    async def told(through: UploadLink) -> str | None:
        ticket = await _accept(stores.acceptance, stores, through, b"same")
        assert isinstance(ticket, Ticket)
        seen.append(str(ticket.items[0].image_id))
        return ticket.items[0].duplicate_of

    seen: list[str] = []
    assert await told(link) is None
    assert await told(link) == seen[0]
    assert await told(other) is None
    mine = await accept(stores, b"same", user_id="u1")
    assert mine.items[0].duplicate_of == first.items[0].image_id
    assert (await accept(stores, b"same", user_id="u2")).items[0].duplicate_of is None
    (file,) = await stores.database["blobs.files"].find().to_list(None)
    assert file["metadata"]["images"] == 6
    both = await stores.acceptance.accept(
        await make_upload(stores, b"new", b"new", user_id="u1", link_id=link.id)
    )
    assert both.items[1].duplicate_of == both.items[0].image_id


async def test_upload_without_a_link_asks_nothing_of_links(stores: Stores) -> None:
    await accept(stores, b"a")
    await stores.database.command("profile", 2)
    try:
        await accept(stores, b"b")
        name = f"{stores.database.name}.upload_links"
        assert await stores.database["system.profile"].count_documents({"ns": name}) == 0
    finally:
        await stores.database.command("profile", 0)
