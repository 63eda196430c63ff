"""Acceptance: uploads are committed in groups, and a ticket is durable."""

import asyncio

import pytest
from pymongo.read_concern import ReadConcern

from domain.errors.capacity import Unavailable
from domain.jobs import ChunkPlan, Status
from domain.keys import Scope
from domain.links import LinkPlan
from storage.acceptance.acceptance import Acceptance
from storage.acceptance.uploads import Ticket
from storage.blobs.known_blobs import location_of
from storage.settings import WorkRules
from storage.stores import Stores
from tests.stored_files import list_stored
from tests.uploads import OPERATIONS, accept, make_upload
from tests.waiting import until

MB = 1024 * 1024


async def _bytes_of(stores: Stores, ticket: Ticket) -> list[bytes]:
    hashes = [
        (await stores.images.get(str(item.image_id), Scope())).sha256 for item in ticket.items
    ]
    blobs = await stores.blobs.find(hashes)
    data = await stores.blob_stores.gridfs.read_many([b.file_id for b in blobs.values()])
    return [data[blobs[sha256].file_id] for sha256 in hashes]


async def test_ticket_says_what_the_stores_hold(stores: Stores) -> None:
    ticket = await accept(stores, b"one", b"two", b"one", refused=1)
    job = await stores.jobs.get(ticket.job.id, Scope())
    assert job == ticket.job
    assert (await stores.jobs.items([job]))[job.id] == ticket.items
    assert [item.index for item in ticket.items] == [0, 1, 2, 3]
    assert ticket.items[2].duplicate_of == ticket.items[0].image_id
    assert (job.status, job.tally.waiting, job.tally.refused) == (Status.QUEUED, 6, 2)
    assert job.operations == OPERATIONS
    ticket.items.pop()
    assert await _bytes_of(stores, ticket) == [b"one", b"two", b"one"]


async def test_what_is_answered_is_committed_by_the_majority(stores: Stores) -> None:
    committed = ReadConcern("majority")
    jobs = stores.database.get_collection("jobs", read_concern=committed)
    images = stores.database.get_collection("images", read_concern=committed)
    for number in range(10):
        ticket = await accept(stores, b"%d" % number)
        assert await jobs.find_one({"_id": ticket.job.id})
        assert await images.find_one({"_id": ticket.items[0].image_id})


async def test_takes_200_uploads_at_once(stores: Stores) -> None:
    async with asyncio.timeout(120):
        tickets = await asyncio.gather(*(accept(stores, b"%d" % (n % 50)) for n in range(200)))
    assert len({ticket.job.id for ticket in tickets}) == 200
    assert await stores.database["jobs"].count_documents({}) == 200
    files = [file async for file in stores.database["blobs.files"].find()]
    assert [file["metadata"]["images"] for file in files] == [4] * 50
    firsts = [ticket for ticket in tickets if ticket.items[0].duplicate_of is None]
    assert len(firsts) == 50


async def test_neighbours_of_one_that_cannot_be_written_are_accepted(stores: Stores) -> None:
    unwritable = await make_upload(stores, b"x" * 2 * MB, filename="\ud800")
    answers = await asyncio.gather(
        accept(stores, b"first"),
        stores.acceptance.accept(unwritable),
        *(accept(stores, b"%d" % n) for n in range(5)),
        return_exceptions=True,
    )
    assert isinstance(answers[1], Exception)
    tickets = [answer for answer in answers if isinstance(answer, Ticket)]
    assert len(tickets) == 6
    for ticket in tickets:
        await stores.jobs.get(ticket.job.id, Scope())
    assert await stores.database["jobs"].count_documents({}) == 6
    assert await stores.database["images"].count_documents({}) == 6
    chunks = await list_stored(stores)
    assert len(chunks) == await stores.database["blobs.files"].count_documents({}) == 6


async def test_two_acceptors_share_one_blob(stores: Stores) -> None:
    other = Acceptance(
        stores.client,
        stores.database,
        stores.blob_stores,
        ChunkPlan(),
        stores.acceptance._due_after,
    )

    async def accept_through(acceptor: Acceptance, content: bytes) -> Ticket:
        return await acceptor.accept(await make_upload(stores, content))

    for number in range(5):
        content = b"%d" % number * MB * 2
        await asyncio.gather(*(accept_through(a, content) for a in (stores.acceptance, other) * 5))
    # Chunks that are not needed are deleted after the answers.
    await asyncio.gather(stores.acceptance.drain(), other.drain())
    files = [file async for file in stores.database["blobs.files"].find()]
    assert [file["metadata"]["images"] for file in files] == [10] * 5

    async def only_one_copy_is_left() -> bool:
        return await list_stored(stores) == sorted(file["_id"] for file in files)

    await until(only_one_copy_is_left)
    assert await stores.database["images"].count_documents({"duplicate_of": None}) <= 10


async def test_blob_that_another_process_counts_delays_no_other_upload(stores: Stores) -> None:
    await accept(stores, b"sent by everybody")
    counting = {"$inc": {"metadata.images": 1}}
    async with await stores.client.start_session() as session:
        session.start_transaction()
        await stores.database["blobs.files"].update_one({}, counting, session=session)
        hot = [asyncio.create_task(accept(stores, b"sent by everybody", b"%d" % n)) for n in (1, 2)]
        others = [asyncio.create_task(accept(stores, b"other %d" % n)) for n in range(20)]
        async with asyncio.timeout(120):
            await asyncio.gather(*others)
            later = asyncio.create_task(accept(stores, b"sent by everybody"))
            await accept(stores, b"one more")
        assert not any(task.done() for task in (*hot, later))
        await session.commit_transaction()
    tickets = await asyncio.gather(*hot, later)
    assert await stores.database["blobs.files"].find_one({"metadata.images": 1 + 1 + 2 + 1})
    assert len({ticket.job.id for ticket in tickets}) == 3


@pytest.mark.parametrize("turns", range(4))
async def test_cancelled_caller_leaves_whole_images_or_none(stores: Stores, turns: int) -> None:
    content = b"x" * 2 * MB + b"%d" % turns
    coming = await make_upload(stores, content)
    accepting = asyncio.create_task(stores.acceptance.accept(coming))
    for _ in range(turns):
        await asyncio.sleep(0)  # It is cancelled after so many steps.
    accepting.cancel()
    await asyncio.wait([accepting])
    await stores.acceptance.drain()
    images = await stores.database["images"].count_documents({})
    files = [file async for file in stores.database["blobs.files"].find()]
    assert len(files) == images
    for file in files:
        place = location_of(file)
        assert await stores.blob_stores.read_many([place]) == {place: content}


async def test_refused_files_alone_make_a_job_that_has_ended(stores: Stores) -> None:
    ticket = await accept(stores, refused=2)
    job = await stores.jobs.get(ticket.job.id, Scope())
    assert (job.status, job.finished_at) == (Status.FAILED, job.created_at)
    assert ticket.hints == []


async def test_cuts_a_job_into_chunks_of_work(stores: Stores) -> None:
    rules = WorkRules()
    count = 2 * rules.chunk_max_images + 1
    ticket = await accept(stores, *(b"%d" % n for n in range(count)))
    chunks = [image["chunk"] async for image in stores.database["images"].find().sort("index")]
    assert chunks == [n // rules.chunk_max_images for n in range(count)]
    assert [hint.chunk for hint in ticket.hints] == [0, 1, 2]


@pytest.mark.parametrize("through_link", [False, True])
async def test_duplicate_reads_one_index_key_however_many_are_stored(
    stores: Stores, through_link: bool
) -> None:
    link_id = None
    if through_link:
        plan = LinkPlan(expires_in=60, user_id="u1")
        link_id = (await stores.upload_links.create(plan, "mll_x", "admin")).id
    files = [await make_upload(stores, *([b"same"] * 300), link_id=link_id)]
    first = (await stores.acceptance.accept(files[0])).items[0].image_id
    await stores.database.command("profile", 2)
    try:
        ticket = await stores.acceptance.accept(await make_upload(stores, b"same", link_id=link_id))
    finally:
        await stores.database.command("profile", 0)
    assert ticket.items[0].duplicate_of == first
    reads = (
        await stores.database["system.profile"]
        .find({"ns": f"{stores.database.name}.images", "op": {"$in": ["command", "query"]}})
        .to_list(None)
    )
    assert reads
    assert sum(read.get("keysExamined", 0) for read in reads) <= 3


@pytest.mark.any_shards
@pytest.mark.stores("gridfs")
async def test_no_ticket_is_given_for_bytes_that_another_primary_never_had(stores: Stores) -> None:
    chunks = stores.database["blobs.chunks"]
    cut = await make_upload(stores, bytes(3 * MB))
    whole = await make_upload(stores, b"\1" * (3 * MB))
    (lost,) = await chunks.find({"files_id": cut.taken[0].staged.file_id}).limit(1).to_list(1)
    await chunks.delete_one({"_id": lost["_id"]})  # As a primary does that was not the last one.
    answers = await asyncio.gather(
        stores.acceptance.accept(cut), stores.acceptance.accept(whole), return_exceptions=True
    )
    assert isinstance(answers[0], Unavailable)
    assert isinstance(answers[1], Ticket)
    assert await _bytes_of(stores, answers[1]) == [b"\1" * (3 * MB)]
    assert await stores.database["jobs"].count_documents({}) == 1
    assert await chunks.distinct("files_id") == [whole.taken[0].staged.file_id]
