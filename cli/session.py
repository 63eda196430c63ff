"""The session of a command: address of the service, API key and terminal."""

import functools
import ipaddress
import json
import os
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import click
import httpx
from rich.console import Console
from rich.text import Text

from cli.rendering import facts
from minilab_client import AuthenticatedClient
from minilab_client.errors import UnexpectedStatus
from minilab_client.models import Problem
from minilab_client.types import Response

MAX_WAIT_SECONDS = 30
_TIMES = httpx.Timeout(MAX_WAIT_SECONDS + 30.0, connect=10.0)
_PIPE_COLUMNS = 200
# The same request may succeed later.
_LATER_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_LATER_CODES = {"idempotency_key_in_use"}

SOMETHING_WRONG = 1
"""Exit code of a command that is done, but found a failed file, invariant or signature."""

AnswerT = TypeVar("AnswerT")


class RefusedError(click.ClickException):
    """The service refused the request; sending it again does not help."""

    exit_code = 3


class UnreachableError(click.ClickException):
    """The service cannot be reached or cannot answer now; try again later."""

    exit_code = 4


class Document(Protocol):
    """An answer as the generated client parses it."""

    def to_dict(self) -> dict[str, Any]:
        """Convert to the JSON that the service sent."""


class Session:
    """The service and the terminal.

    Attributes:
        json_wanted: Whether the command prints JSON and nothing else.
        out: Console for answers.
        progress: Console for progress bars and notes; silent with JSON.
    """

    def __init__(self, url: str, key_file: Path | None, *, json_wanted: bool) -> None:
        self.url = url.rstrip("/")
        self.json_wanted = json_wanted
        # Output to a pipe is not wrapped to the width of a terminal.
        self.out = Console(width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
        self.progress = Console(stderr=True, quiet=json_wanted)
        self._key_file = key_file

    @functools.cached_property
    def client(self) -> AuthenticatedClient:
        """The generated client, with the API key.

        Raises:
            UsageError: There is no API key.
        """
        return AuthenticatedClient(
            base_url=self.url,
            token=_find_key(self.url, self._key_file),
            timeout=_TIMES,
            raise_on_unexpected_status=True,
        )

    def print_json(self, answer: Document | dict[str, Any]) -> None:
        """Print an answer as JSON."""
        value = answer if isinstance(answer, dict) else answer.to_dict()
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def show(self, answer: Document, rows: Iterable[tuple[str, object]]) -> None:
        """Print an answer as JSON, or its names and values for people."""
        if self.json_wanted:
            self.print_json(answer)
        else:
            self.print(facts(rows))

    def note(self, line: str) -> None:
        """Print a note that is not part of the answer."""
        self.progress.print(Text(line), soft_wrap=True)

    def print(self, *parts: Any) -> None:
        """Print for people; strings are not parsed as markup."""
        for part in parts:
            lines = Text(part) if isinstance(part, str) else part
            self.out.print(lines, soft_wrap=isinstance(lines, Text))

    def exit_if(self, is_wrong: bool) -> None:
        """Exit with 1 if a result is not as it should be."""
        if is_wrong:
            raise click.exceptions.Exit(SOMETHING_WRONG)


def answer_of(kind: type[AnswerT], response: Response[Any]) -> AnswerT:
    """Get the answer of a response of the generated client.

    Raises:
        RefusedError: The service refused the request; the message says why.
        UnreachableError: The service cannot answer now.
    """
    if isinstance(response.parsed, kind):
        return response.parsed
    problem = response.parsed
    if not isinstance(problem, Problem):
        raise UnreachableError(f"unexpected status {response.status_code}")
    message = f"{problem.code}: {problem.detail} (request {problem.request_id})"
    if (
        response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        or response.status_code in _LATER_STATUSES
        or problem.code in _LATER_CODES
    ):
        raise UnreachableError(message)
    raise RefusedError(message)


def speaking(command: Callable[..., None]) -> Callable[..., None]:
    """Add a session, and the options for the address and the API key, to a command."""

    @click.option(
        "--url",
        envvar="MINILAB_URL",
        default=_default_url,
        show_default="http://127.0.0.1:8000",
        help="Address of the service; or MINILAB_URL.",
    )
    @click.option(
        "--key-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File with the API key. Default: MINILAB_API_KEY or, for a service on this machine, "
        "the admin key of `make run`.",
    )
    @click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
    @functools.wraps(command)
    def run(*args: Any, url: str, key_file: Path | None, json_wanted: bool, **kwargs: Any) -> None:
        session = Session(url, key_file, json_wanted=json_wanted)
        try:
            command(session, *args, **kwargs)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise UnreachableError(f"{url} cannot be reached: {error}") from error
        except UnexpectedStatus as error:
            raise UnreachableError(f"{url} answered with status {error.status_code}") from error
        except json.JSONDecodeError as error:
            raise UnreachableError(f"{url} is not a Minilab service") from error

    return run


def _default_url() -> str:
    return f"http://127.0.0.1:{os.environ.get('MINILAB_PORT') or 8000}"


def _find_key(url: str, key_file: Path | None) -> str:
    if key_file is not None:
        return key_file.read_text().strip()
    if key := os.environ.get("MINILAB_API_KEY"):
        return key
    local = Path(os.environ.get("MINILAB_DATA_DIR") or ".minilab").expanduser() / "admin_key"
    # The admin key of this machine is never sent to another one.
    if _is_this_machine(url) and local.is_file():
        return local.read_text().strip()
    raise click.UsageError("an API key is needed: set MINILAB_API_KEY or use --key-file")


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
