"""Options that several commands have, and the types of their values."""

import re
from datetime import datetime
from importlib import import_module
from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class Duration(click.ParamType[int]):
    """A number and a unit, such as `7d`; without a unit, seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert to seconds."""
        found = re.fullmatch(r"(\d+)([smhdw]?)", str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 12h, 7d or 2w", param, ctx)
        return int(found[1]) * _SECONDS[found[2] or "s"]


class Size(click.ParamType[int]):
    """A number and a unit, such as `500MB` or `2GB`; without a unit, bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert to bytes, at least 1."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s?([kmgt]?)b?", str(value).lower())
        number = int(float(found[1]) * _UNITS[found[2]]) if found else 0
        if number < 1:
            self.fail(f"{value!r} is not a size such as 5000000, 500MB or 2GB", param, ctx)
        return number


class Day(click.ParamType[Any]):
    """A date such as `2026-11-22`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert to a date."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 -- a date
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-11-22", param, ctx)


class Moment(click.ParamType[datetime]):
    """A date or a time in the time zone of this machine, or in another one if it says so."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Convert to a time with a time zone."""
        try:
            return datetime.fromisoformat(str(value)).astimezone()
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-11-22 or 2026-11-22T09:30", param, ctx)


class Identifier(click.ParamType[str]):
    """An ID of an image, a job, a key or a user, which becomes a part of a path.

    An empty one, or a dot, would name another route.
    """

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the ID.

        Raises:
            BadParameter: It is empty, as that of a variable that is not set, or a dot.
        """
        if not str(value).strip():
            self.fail("it is empty", param, ctx)
        if value in {".", ".."}:
            self.fail(f"{value!r} is not an ID", param, ctx)
        return str(value)


ID = Identifier()


class Named(click.Choice[str]):
    """A value of an enumeration of the contract.

    The names are repeated here, so that completion does not load the client. A test compares them.

    Args:
        enumeration: Class of the generated client that the value is converted to.
        names: Its values that can be chosen.
    """

    def __init__(self, enumeration: str, *names: str) -> None:
        super().__init__(names)
        self.enumeration = enumeration

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert to a member of the enumeration."""
        name = super().convert(value, param, ctx)
        return getattr(import_module("minilab_client.models"), self.enumeration)(name)


GPS = Named("GpsPolicy", "keep", "strip")
STATUS = Named("Status", "queued", "processing", "succeeded", "partial", "failed", "canceled")
EVENT = Named(
    "EventType",
    *("job.finished", "image.processed", "image.deleted", "link.used_up", "dead_letter.created"),
)
DEFAULT_LIMIT = 20

user_id = click.option(
    "--user-id", metavar="USER", help="The user; a service key names its users this way."
)
tenant = click.option("--tenant", help="The tenant of the user.")
tz = click.option(
    "--tz", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the days."
)
limit = click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="Most entries to list.",
)
everything = click.option("--all", "everything", is_flag=True, help="List all entries.")
yes = click.option("--yes", "-y", "confirmed", is_flag=True, help="Do not ask for confirmation.")
