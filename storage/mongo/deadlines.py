"""The time limit of a call to MongoDB counts from the moment in which it is made.

Motor runs each call in one of a few threads, and PyMongo's ``timeoutMS`` begins when a thread
takes it up. While MongoDB does not answer, each thread is held until its limit, and the calls
behind it would each wait for their turn and then for a limit of their own: a hundred requests
took eleven limits. With the limit set when the call is made, what waits fails when its time has
passed, without asking.
"""

import asyncio
import functools
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

import pymongo
from motor.frameworks import asyncio as framework
from pymongo import _csot

Result = TypeVar("Result")

_longest_seconds = 0.0
_run_on_executor = framework.run_on_executor


def limit_calls(seconds: float) -> None:
    """Have every call to MongoDB in this process end within a time, its wait for a thread included.

    Args:
        seconds: The limit; of several, the longest holds.
    """
    global _longest_seconds
    _longest_seconds = max(_longest_seconds, seconds)
    framework.run_on_executor = _run_within_limit  # type: ignore[assignment]


def run_in_thread(call: Callable[[], Result]) -> "asyncio.Future[Result]":
    """Make calls to PyMongo itself, in one of Motor's threads and within one limit together."""
    loop = asyncio.get_running_loop()
    running: asyncio.Future[Result] = framework.run_on_executor(loop, call)  # type: ignore[no-untyped-call]
    # Let go of the interpreter: a busy loop keeps the thread from beginning for milliseconds.
    time.sleep(0)
    return running


def _run_within_limit(
    loop: asyncio.AbstractEventLoop, call: Callable[..., Any], *args: Any, **kwargs: Any
) -> "asyncio.Future[Any]":
    # Motor hands the context of this moment to the thread, and PyMongo looks there for a limit.
    context = copy_context()
    if _csot.get_timeout() is None:  # Who set one of his own knows better.
        context.run(pymongo.timeout(_longest_seconds).__enter__)
    run: asyncio.Future[Any] = context.run(
        functools.partial(_run_on_executor, loop, call, *args, **kwargs)
    )
    return run
