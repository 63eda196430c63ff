"""The settings and limits that are in force. No secret and no address of a server is shown."""

from typing import Any

import msgspec
from litestar import get
from litestar.response import Template

from api.contract.schema_docs import split_attributes
from api.settings import Settings
from api.state import ApiRequest
from domain.settings import PREFIX

SHOWN = (
    "api",
    "uploads",
    "images",
    "admission",
    "keys",
    "listeners",
    "reads",
    "connections",
    "rules",
    "similarity",
)
LARGE = 100_000
HIDDEN = {"admin_key", "admin_key_file"}


class SettingView(msgspec.Struct, frozen=True):
    """A setting: its variable, its value as text, and its meaning."""

    variable: str
    value: str
    meaning: str
    is_default: bool


@get("/settings")
async def show_settings(request: ApiRequest) -> Template:
    """Show the settings, part by part."""
    parts = list_settings(request.app.state.settings)
    return Template("admin/settings.html", context={"parts": parts})


def list_settings(settings: Settings) -> dict[str, list[SettingView]]:
    """List the settings by part."""
    return {name: _view(getattr(settings, name)) for name in SHOWN}


def _view(part: msgspec.Struct) -> list[SettingView]:
    _, meanings = split_attributes(type(part).__doc__ or "")
    return [
        SettingView(
            PREFIX + field.name.upper(),
            _write(getattr(part, field.name)),
            meanings.get(field.name, ""),
            is_default=getattr(part, field.name) == field.default,
        )
        for field in msgspec.structs.fields(type(part))
        if field.name not in HIDDEN
    ]


def _write(value: Any) -> str:
    if isinstance(value, bool) or value == "":
        return str(value).lower() or "–"
    is_large = isinstance(value, int | float) and value >= LARGE
    return f"{value:,}" if is_large else str(value)


ROUTES = (show_settings,)
