"""Durations as arguments of commands."""

import re
from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(click.ParamType[int]):
    """A number and a unit, such as `7d`; without a unit, seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert to seconds."""
        found = re.fullmatch(r"(\d+)([smhdw]?)", str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 12h, 7d or 2w", param, ctx)
        return int(found[1]) * _SECONDS[found[2] or "s"]
