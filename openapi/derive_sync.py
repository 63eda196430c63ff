"""Derives the Python client that waits from the asynchronous one, word by word.

The two differ in nothing but ``async``, ``await`` and some names, so only one of them is written by
hand. httpcore, psycopg and others do the same.
"""

import re
from pathlib import Path

_WORDS = {
    "AsyncIterator": "Iterator",
    "AsyncClient": "Client",
    "AsyncExitStack": "ExitStack",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "anyio": "time",
    "aread": "read",
    "asyncio_detailed": "sync_detailed",
    "get_async_httpx_client": "get_httpx_client",
    "set_async_httpx_client": "set_httpx_client",
}
_ASYNC = re.compile(r"\b(?:async|await) ")
_WORD = re.compile(r"\w+")
_MARK = "# Derived from {} by `make sdk`: edit that file.\n"


def derive_sync(source: Path, target: Path) -> None:
    """Write each module of a package again, without ``async`` and ``await``."""
    target.mkdir(parents=True)
    for module in source.glob("*.py"):
        text = _WORD.sub(_translate, _ASYNC.sub("", module.read_text()))
        mark = _MARK.format(f"{source.name}/{module.name}")
        (target / module.name).write_text(mark + text.replace("_async", "_sync"))


def _translate(word: re.Match[str]) -> str:
    found = word[0]
    return _WORDS.get(found) or re.sub(r"^(_*)Async(?=[A-Z])", r"\1", found)
