"""The session of a command: address of the service, API key and terminal."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click
from rich.console import Console
from rich.text import Text

from cli.address import Key, check_url, default_url, find_key, not_a_service, unreachable
from cli.errors import SOMETHING_WRONG, RefusedError, UnreachableError
from cli.rendering import facts
from cli.variables import URL

if TYPE_CHECKING:
    from minilab_client import ApiError, Minilab
    from minilab_client.models import InvalidInput
    from minilab_client.types import Unset

_ANSWER_SECONDS = 60.0
RETRIES = 5
FIRST_PAUSE_SECONDS = 2.0
_PIPE_COLUMNS = 200
# The same request may succeed later.
_LATER_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_LATER_CODES = {"idempotency_key_in_use"}
_KEY_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

ValueT = TypeVar("ValueT")


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
        self.url = check_url(url)
        self.json_wanted = json_wanted
        # Output to a pipe is not wrapped to the width of a terminal.
        self.out = Console(width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
        self.progress = Console(stderr=True, quiet=json_wanted)
        self._key_file = key_file

    @functools.cached_property
    def key(self) -> Key:
        """The API key.

        Raises:
            UsageError: There is none.
        """
        return find_key(self.url, self._key_file)

    @functools.cached_property
    def minilab(self) -> Minilab:
        """The client of the service, which sends each request once.

        Raises:
            UsageError: There is no API key.
        """
        return self._connect(0)

    @functools.cached_property
    def patient(self) -> Minilab:
        """The client of the service, which sends a request again until it is answered."""
        return self._connect(RETRIES)

    def _connect(self, retries: int) -> Minilab:
        from minilab_client import Minilab, Retries

        return Minilab(
            self.url,
            self.key.secret,
            timeout=_ANSWER_SECONDS,
            retries=Retries(limit=retries, first_pause=FIRST_PAUSE_SECONDS),
            # Loading the certificates takes 50 ms, and http:// needs none.
            verify=self.url.startswith("https:"),
        )

    def close(self) -> None:
        """Close the connections to the service."""
        for name in ("minilab", "patient"):
            if name in self.__dict__:
                self.__dict__[name].close()

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

    def say(self, line: str, **told: object) -> None:
        """Print what a command has done: a line for people, or the named values as JSON."""
        if self.json_wanted:
            self.print_json(told)
        else:
            self.print(line)

    def note(self, line: str) -> None:
        """Print a note that is not part of the answer."""
        self.progress.print(Text(line), soft_wrap=True)

    def print(self, *parts: Any) -> None:
        """Print for people; strings are not parsed as markup."""
        for part in parts:
            lines = Text(part) if isinstance(part, str) else part
            self.out.print(lines, soft_wrap=isinstance(lines, Text))

    def confirm(self, question: str, *, confirmed: bool) -> None:
        """Ask whether to do what cannot be undone, unless `--yes` was given.

        Raises:
            UsageError: Nobody can be asked.
            Exit: The answer is no.
        """
        if confirmed:
            return
        if self.json_wanted or not sys.stdin.isatty():
            raise click.UsageError("this cannot be undone: confirm it with --yes")
        if not click.confirm(question, err=True):
            self.note("Nothing was changed.")
            raise click.exceptions.Exit(SOMETHING_WRONG)

    def exit_if(self, is_wrong: bool) -> None:
        """Exit with 1 if a result is not as it should be."""
        if is_wrong:
            raise click.exceptions.Exit(SOMETHING_WRONG)


def given(value: ValueT | None) -> ValueT | Unset:
    """Return a value for the generated client, which leaves unset ones out of the request."""
    from minilab_client.types import UNSET

    return UNSET if value is None else value


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Add a session, and the options for the address and the API key, to a command."""

    @click.option(
        "--url",
        envvar=URL,
        default=default_url,
        show_default="http://127.0.0.1:8000",
        help=f"Address of the service; or {URL}.",
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
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.filename is None:  # A pipe, for example, that nobody reads any more.
                raise
            raise click.UsageError(f"{error.filename}: {error.strerror}") from error
        except Exception as error:
            raise explain(session, error) or error from error
        finally:
            session.close()

    return run


def explain(session: Session, error: Exception) -> click.ClickException | None:
    """Say why a request failed, and what to try; None if the error is of another kind.

    Returns:
        :class:`RefusedError` or :class:`UnreachableError`.
    """
    import httpx

    from minilab_client import ApiError, ConnectionFailed

    if isinstance(error, ApiError):
        return _explain_answer(session, error)
    if isinstance(error, ConnectionFailed):
        return unreachable(session.url, error.__cause__ or error)
    if isinstance(error, (httpx.TransportError, httpx.InvalidURL)):
        return unreachable(session.url, error)
    return None


def _explain_answer(session: Session, error: ApiError) -> click.ClickException:
    if error.problem is None:
        return not_a_service(session.url, f"answered with status {error.status}")
    message = f"{error.code}: {error.detail} (request {error.request_id})"
    wrong = error.problem.errors or []
    if len(wrong) > 1:
        message += "".join(f"\n  {_place(one)}: {one.detail}" for one in wrong)
    if (
        error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or error.status in _LATER_STATUSES
        or error.code in _LATER_CODES
    ):
        return UnreachableError(message)
    if error.status in _KEY_STATUSES:
        message += f"\nThe API key came from {session.key.source}."
    return RefusedError(message)


def _place(wrong: InvalidInput) -> str:
    """Name the part of a request that is wrong, as the option that it comes from."""
    named = wrong.parameter or wrong.header or (wrong.pointer or "").removeprefix("#/")
    return named or "body"
