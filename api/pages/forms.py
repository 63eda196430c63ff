"""Forms of pages: read into the bodies of the API's use cases."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from api.http.bodies import UNUSABLE
from api.http.expectations import Found, explain_value
from api.pages.templating import make_environment
from domain.errors.faults import list_faults
from domain.errors.requests import REPEATED, InvalidValue
from domain.labels import TASK

Form = dict[str, str | list[str]]
TASK_INPUT = TASK.replace("_-", r"_\-")
"""The name of a task, as browsers check it: they want a hyphen in a class escaped."""
LABELS = {
    "event_types": "types",
    "expires_at": "until",
    "expires_in": "life",
    "max_bytes": "max_mb",
    "max_stored_bytes": "max_mb",
    "older_than_days": "older",
    "show_results": "results",
    "tag": "tags",
    "user_id": "user",
}
"""The texts of fields that have other names than their labels."""

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


def read_form(kind: type[BodyT], form: Mapping[str, Any], page: str) -> BodyT:
    """Convert a form; fields that were left empty count as not sent.

    Args:
        kind: The body.
        form: The fields of the form, by the names of the body.
        page: The texts of the page, as ``admin.keys``; they have the labels of the fields.

    Raises:
        InvalidValue: Fields do not fit their types.
    """
    sent = {name: value for name, value in form.items() if value}
    try:
        return msgspec.convert(sent, kind, strict=False)
    except UNUSABLE:
        texts = attrgetter(page)(make_environment().globals["t"])
        faults = dict(_explain(one, texts) for one in explain_value(sent, kind))
        raise InvalidValue(f"{list_faults(faults)}.", faults=faults) from None


def as_list(value: str | list[str] | None) -> list[str] | None:
    """Return the chosen values of a field that can be chosen several times; None without any."""
    if not value:
        return None
    return [value] if isinstance(value, str) else value


def _explain(found: Found, texts: Any) -> tuple[str, str]:
    """Give the label of a field, and what is wrong with it."""
    path, detail = found
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    label = getattr(texts, LABELS.get(name, name), name)
    rule = getattr(texts, f"{name}_rule", None)
    if detail.endswith(", not a list"):
        detail = REPEATED
    elif rule and "matches" in detail:
        detail = rule
    # What a form leaves empty is not sent: there is no null.
    detail = detail.replace(" or null", "").replace("`", "")
    return label if isinstance(label, str) else name, detail
