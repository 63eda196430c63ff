"""Motor's threads: deadlines of calls and of waits for a server, sequences of calls in a thread."""

import asyncio
import functools
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

import pymongo
import pymongo.collection
import pymongo.database
from motor.frameworks import asyncio as framework
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo import _csot
from pymongo.client_session import ClientSession
from pymongo.synchronous.topology import Topology

from storage.errors import patience_seconds

Result = TypeVar("Result")
PlainDatabase = pymongo.database.Database[dict[str, Any]]
PlainCollection = pymongo.collection.Collection[dict[str, Any]]

_longest_seconds = 0.0
_run_on_executor = framework.run_on_executor
_selection_seconds = Topology.get_server_selection_timeout


def limit_calls(seconds: float) -> None:
    """Limit every call to MongoDB in this process, its wait for a thread included.

    The largest limit of several calls holds.
    """
    global _longest_seconds
    _longest_seconds = max(_longest_seconds, seconds)
    framework.run_on_executor = _run_within_limit  # type: ignore[assignment]
    waits: Any = _wait_for_server
    Topology.get_server_selection_timeout = waits  # type: ignore[method-assign]


def run_in_thread(call: Callable[[], Result]) -> "asyncio.Future[Result]":
    """Run a function that uses PyMongo in one of Motor's threads, within one time limit."""
    loop = asyncio.get_running_loop()
    running: asyncio.Future[Result] = framework.run_on_executor(loop, call)  # type: ignore[no-untyped-call]
    # Release the interpreter: a busy event loop can hold up the start of the thread by ms.
    time.sleep(0)
    return running


def plain_database(database: AsyncIOMotorDatabase[dict[str, Any]]) -> PlainDatabase:
    """Return PyMongo's own database, for calls in one thread."""
    plain: PlainDatabase = database.delegate
    return plain


def run_with_session(
    database: AsyncIOMotorDatabase[dict[str, Any]],
    session: AsyncIOMotorClientSession,
    call: Callable[[PlainDatabase, ClientSession], Result],
) -> "asyncio.Future[Result]":
    """Run a function in one of Motor's threads, with PyMongo's own database and session."""
    return run_in_thread(lambda: call(database.delegate, session.delegate))


def _wait_for_server(topology: Topology) -> float:
    """Return how long a call may wait for a server; PyMongo asks before it waits."""
    seconds, patience = _selection_seconds(topology), patience_seconds()
    # In an election some servers are known: it is worth the wait.
    if patience is None or topology.description.known_servers:
        return seconds
    return min(seconds, patience)


def _run_within_limit(
    loop: asyncio.AbstractEventLoop, call: Callable[..., Any], *args: Any, **kwargs: Any
) -> "asyncio.Future[Any]":
    patience_seconds()  # The wait for a server begins here, not when a thread is free.
    context = copy_context()
    if _csot.get_timeout() is None:  # A limit that the caller has set holds.
        context.run(pymongo.timeout(_longest_seconds).__enter__)
    run: asyncio.Future[Any] = context.run(
        functools.partial(_run_on_executor, loop, call, *args, **kwargs)
    )
    return run
