"""The marks of jobs and images: external ID, tags and attributes, as options of commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from minilab_client.models import MarkChanges


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


def changes(command: Callable[..., None]) -> Callable[..., None]:
    """Add changes of marks to a command, which takes them as keyword arguments."""
    for option in (
        click.option(
            "--attribute",
            type=Attribute(),
            multiple=True,
            help="Attribute to set, such as room=kitchen; room= removes it. May be repeated.",
        ),
        click.option("--remove-tag", multiple=True, help="Tag to remove; may be repeated."),
        click.option("--add-tag", multiple=True, help="Tag to add; may be repeated."),
        click.option(
            "--external-id", metavar="ID", help="New external ID; an empty one removes it."
        ),
    ):
        command = option(command)
    return command


def read_changes(given: Mapping[str, Any]) -> MarkChanges:
    """Read changes of marks.

    Raises:
        UsageError: There is none.
    """
    from minilab_client.models import MarkChanges, MarkChangesAttributes

    marked = MarkChanges()
    if given["external_id"] is not None:
        marked.external_id = given["external_id"]
    if given["add_tag"]:
        marked.add_tags = list(given["add_tag"])
    if given["remove_tag"]:
        marked.remove_tags = list(given["remove_tag"])
    if given["attribute"]:
        marked.attributes = MarkChangesAttributes.from_dict(dict(given["attribute"]))
    if not marked.to_dict():
        raise click.UsageError("name a change, such as --add-tag holiday")
    return marked


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
