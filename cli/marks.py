"""The marks of jobs and images: external ID, tags and attributes, as options of commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click


class Attribute(click.ParamType[tuple[str, str]]):
    """A name and a value, such as `room=kitchen`."""

    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first equals sign."""
        name, sign, text = str(value).partition("=")
        if not name or not sign:
            self.fail(f"{value!r} is not an attribute such as room=kitchen", param, ctx)
        return name, text


_external_id = click.option("--external-id", metavar="ID", help="ID in a system of your own.")
_tags = click.option("--tag", multiple=True, help="A tag; may be repeated.")
_attributes = click.option(
    "--attribute",
    type=Attribute(),
    multiple=True,
    help="An attribute, such as room=kitchen; may be repeated.",
)
NAMES = ("external_id", "tag", "attribute")


def marks(command: Callable[..., None]) -> Callable[..., None]:
    """Add the marks to a command, which takes them as keyword arguments."""
    return _external_id(_tags(_attributes(command)))


def as_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Write marks as fields of an upload."""
    attributes = dict(given["attribute"])
    return {
        "external_id": given["external_id"],
        "tags": ",".join(given["tag"]) or None,
        "attributes": json.dumps(attributes) if attributes else None,
    }


def read_filters(given: dict[str, Any]) -> dict[str, Any]:
    """Keep the filters that are given, as the client takes them."""
    attributes = [f"{name}:{value}" for name, value in given["attribute"]]
    marked = {"tag": list(given["tag"]) or None, "attribute": attributes or None}
    return {name: value for name, value in (given | marked).items() if value is not None}
