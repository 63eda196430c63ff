"""Groups of commands that load a command when it is needed, and suggest one for a typo."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

_LEAST_SIMILARITY = 0.5
# Click keeps the lines of a paragraph that begins with this character.
_KEEP_LINES = "\b\n"
SESSION_OPTIONS = {"--url": 1, "--key-file": 1, "--json": 0}
"""Options that every command of the service has, with the number of their values."""


def examples(*lines: str) -> str:
    """Write the examples at the end of a help text, one a line."""
    return "\n".join([f"{_KEEP_LINES}Examples:", *(f"  {line}" for line in lines)])


def list_lines(heading: str, *lines: str) -> str:
    """Write a heading and lines of a help text that are not wrapped."""
    return "\n".join([f"{_KEEP_LINES}{heading}", *(f"  {line}" for line in lines)])


class Commands(click.Group):
    """A group of commands.

    Args:
        lazy: Where commands are, by name, as in ``{"images": "cli.images:images"}``. Completion
            must be fast, so a command is imported when it is called or shown.
        aliases: Other names of commands, which the help does not list.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy or {})
        self._aliases = dict(aliases or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands, in the order of the help."""
        return [*self._lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name or an alias."""
        name = self._aliases.get(cmd_name, cmd_name)
        if place := self._lazy.get(name):
            module, _, attribute = place.partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options of the group; those of every command may stand before the command.

        Raises:
            UsageError: Another option of a command does.
        """
        try:
            return super().parse_args(ctx, _behind_the_command(args))
        except click.NoSuchOption as error:
            where = f"Options of a command follow it: `{ctx.command_path} COMMAND"
            raise click.UsageError(f"{error.message} {where} {error.option_name}`.", ctx) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that arguments begin with.

        Raises:
            UsageError: There is no such command; the message names the one that was meant.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(f"no such command: {name}.{self._suggestion(ctx, name)}")
        return super().resolve_command(ctx, args)

    def _suggestion(self, ctx: click.Context, name: str) -> str:
        known = [*self.list_commands(ctx), *self._aliases]
        close = get_close_matches(name.lower(), known, n=1, cutoff=_LEAST_SIMILARITY)
        if close:
            return f" Did you mean `{ctx.command_path} {close[0]}`?"
        return f" `{ctx.command_path} --help` lists the commands."


def _behind_the_command(arguments: list[str]) -> list[str]:
    """Move the options of a session, with which arguments begin, behind the word after them."""
    end = 0
    while end < len(arguments):
        name, _, value = arguments[end].partition("=")
        if name not in SESSION_OPTIONS:
            break
        end += 1 if value else 1 + SESSION_OPTIONS[name]
    if arguments[end : end + 1] == ["--help"]:
        return arguments[end:]
    return [*arguments[end : end + 1], *arguments[:end], *arguments[end + 1 :]]


# Groups inside groups are of this class, too.
Commands.group_class = Commands
