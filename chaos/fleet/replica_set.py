"""A replica set of three, with default election times; its members are reached through links."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from chaos.fleet.partition import MemberLink
from chaos.waiting import block_until
from deploy.servers.mongodb import HOST, mongodb_command
from deploy.servers.ports import accepts_connections, find_free_port
from deploy.servers.process import ServerError, ServerProcess
from deploy.servers.programs import find_mongod

MEMBERS = 3
CACHE_GB = 0.25
# The books are read from the oplog: it must reach back to the begin of a run of an hour.
OPLOG_MEGABYTES = 10_000
_ASK_MILLISECONDS = 2000
_SYNCED = ("PRIMARY", "SECONDARY")


class ReplicaSet:
    """The members, and the links that they announce: clients and members use these alone.

    Attributes:
        members: The servers, by number.
        links: The link before each of them; none if they announce themselves.
    """

    def __init__(self, members: list[ServerProcess], ports: list[int], links: list[MemberLink]):
        self.members = members
        self.links = links
        self._ports = ports
        announced = [link.port for link in links] or ports
        self._announced = [f"{HOST}:{port}" for port in announced]

    @property
    def url(self) -> str:
        """The URL for clients."""
        return f"mongodb://{','.join(self._announced)}/?replicaSet=rs0"

    def primary(self) -> int | None:
        """Return the number of the newest primary, if any."""
        found = [(self._hello(number), number) for number in range(len(self.members))]
        terms = [
            (hello["electionId"], number)
            for hello, number in found
            if hello.get("isWritablePrimary")
        ]
        return max(terms)[1] if terms else None

    def is_synced(self, number: int) -> bool:
        """Say whether a member is the primary or follows it."""
        try:
            with self._ask(number) as client:
                state = client.admin.command("replSetGetStatus")
        except PyMongoError:
            return False
        return any(one["self"] and one["stateStr"] in _SYNCED for one in _members(state))

    def step_down(self, number: int) -> None:
        """Ask a primary to let another member take over."""
        try:
            with self._ask(number) as client:
                client.admin.command("replSetStepDown", 60)
        except PyMongoError:
            pass  # It is no primary any more, or nobody was ready: stopping it does the same.

    def initiate(self) -> None:
        """Make one set of the members; the links must run meanwhile."""
        members = [{"_id": n, "host": host} for n, host in enumerate(self._announced)]
        with self._ask(0, milliseconds=60_000) as client:
            try:
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            except OperationFailure as error:
                raise ServerError(f"the replica set does not start: {error}") from error
        block_until(lambda: self.primary() is not None)
        block_until(lambda: all(map(self.is_synced, range(len(self.members)))))

    def _hello(self, number: int) -> dict[str, Any]:
        try:
            with self._ask(number) as client:
                return client.admin.command("hello")
        except PyMongoError:
            return {}

    def _ask(self, number: int, milliseconds: int = _ASK_MILLISECONDS) -> MongoClient[Any]:
        return MongoClient(
            HOST,
            self._ports[number],
            directConnection=True,
            serverSelectionTimeoutMS=milliseconds,
            socketTimeoutMS=milliseconds,
        )


@contextmanager
def replica_set(folder: Path, seed: int, *, through_links: bool = True) -> Iterator[ReplicaSet]:
    """Run the members, each ended by its process ID; the set is made by :meth:`initiate`.

    Raises:
        ServerError: There is no mongod, or it does not start.
    """
    program = find_mongod()
    if program is None:
        raise ServerError("make fleet needs mongod itself, on the PATH or from the wheel")
    ports = [find_free_port() for _ in range(MEMBERS)]
    members: list[ServerProcess] = []
    try:
        for number, port in enumerate(ports):
            place = folder / f"mongod-{number}"
            place.mkdir()
            member = ServerProcess(
                f"mongod-{number}",
                mongodb_command(program, port, place, CACHE_GB, None, OPLOG_MEGABYTES),
                url=f"mongodb://{HOST}:{port}/?directConnection=true",
                is_ready=partial(accepts_connections, port),
                output=folder / f"mongod-{number}.log",
            )
            members.append(member)
            member.start()
        links = [MemberLink(port, seed + number) for number, port in enumerate(ports)]
        links = links if through_links else []
        yield ReplicaSet(members, ports, links)
    finally:
        for member in members:
            member.kill()


def _members(state: Any) -> list[dict[str, Any]]:
    return [{"self": False, **member} for member in state["members"]]
