"""The reference pages of settings and limits."""

import re
from collections.abc import Callable

import msgspec
import pytest

from deploy.reference import DOCS, PROCESSES, TABLES, limits_tables, settings_of, settings_tables


@pytest.mark.parametrize(
    ("name", "tables"), [("settings.md", settings_tables), ("limits.md", limits_tables)]
)
def test_committed_page_is_what_the_code_says(name: str, tables: Callable[[], str]) -> None:
    assert TABLES.findall((DOCS / name).read_text()) == [tables() + "\n"]


def test_settings_page_names_each_variable_of_each_process_once() -> None:
    structs = {part.type for kind in PROCESSES.values() for part in msgspec.structs.fields(kind)}
    names = {field.name.upper() for kind in structs for field in msgspec.structs.fields(kind)}
    rows = re.findall(r"^\| `MINILAB_(\w+)` ", settings_tables(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert names <= set(rows)


class Oven(msgspec.Struct, frozen=True):
    """An oven.

    Attributes:
        heat_celsius: Heat, as in ``180``, of the
            middle of the oven.
        fan: Whether it blows.
    """

    heat_celsius: int = 180
    fan: bool = True


def test_meaning_and_default_are_those_of_the_struct() -> None:
    heat, fan = settings_of(Oven)
    assert heat.meaning == "Heat, as in `180`, of the middle of the oven."
    assert (heat.variable, heat.shown_default) == ("MINILAB_HEAT_CELSIUS", "180")
    assert (fan.allowed, fan.shown_default) == ("`true`, `false`", "`true`")
