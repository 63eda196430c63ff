"""The contract says of schemas and fields what the code says of them."""

from typing import Any

# Their classes are found because they are there.
import api.schemas.dead_letters
import api.schemas.link_uploads  # noqa: F401
from api.contract.schema_docs import describe_schemas


def described(name: str, **fields: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"properties": fields}
    describe_schemas({name: schema})
    return schema


def test_class_and_fields_are_described() -> None:
    assert described("JobView", items={}, id={}) == {
        "description": "What one request asked for, and how far it is.",
        "properties": {
            "items": {
                "description": "In upload order. An image that was deleted or has expired is none "
                "of them."
            },
            "id": {},
        },
    }


def test_fields_that_are_inherited_are_described() -> None:
    fields = described("LinkJobView", version={})["properties"]
    assert fields == {"version": {"description": "Grows with every change."}}


def test_lines_of_a_text_are_put_together() -> None:
    text = described("DeadLetterAttemptView", reason={})["properties"]["reason"]["description"]
    assert "\n" not in text
    assert text.startswith("The code of an error, or `lease_expired`")


def test_what_a_schema_says_already_stays() -> None:
    fields = described("JobView", version={"description": "Said."})["properties"]
    assert fields == {"version": {"description": "Said."}}


def test_unknown_schemas_are_left_alone() -> None:
    assert described("Stranger", size={}) == {"properties": {"size": {}}}
