"""Lengths of time, as people write them."""

import re
from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(click.ParamType[int]):
    """A number and a unit, as in `7d`; seconds without one."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give it in seconds."""
        found = re.fullmatch(r"(\d+)([smhdw]?)", str(value))
        if found is None:
            self.fail(
                f"{value!r} is no length of time, such as 90s, 30m, 12h, 7d or 2w", param, ctx
            )
        return int(found[1]) * _SECONDS[found[2] or "s"]
