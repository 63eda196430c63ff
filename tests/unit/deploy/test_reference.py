"""The reference pages of settings and limits."""

import re
from pathlib import Path

import msgspec
import pytest

from deploy.reference.fields import settings_of, shown_default
from deploy.reference.limits_page import limits_page
from deploy.reference.settings_page import PROCESSES, settings_page

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize(
    ("name", "page"), [("settings.md", settings_page), ("limits.md", limits_page)]
)
def test_committed_page_is_what_the_code_says(name: str, page: object) -> None:
    assert callable(page)
    assert (DOCS / name).read_text() == page()


def test_settings_page_names_each_variable_of_each_process_once() -> None:
    structs = {part.type for kind in PROCESSES.values() for part in msgspec.structs.fields(kind)}
    names = {field.name.upper() for kind in structs for field in msgspec.structs.fields(kind)}
    rows = re.findall(r"^\| `MINILAB_(\w+)` ", settings_page(), re.MULTILINE)
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
    assert (heat.variable, shown_default(heat)) == ("MINILAB_HEAT_CELSIUS", "180")
    assert (fan.allowed, shown_default(fan)) == ("`true`, `false`", "`true`")
