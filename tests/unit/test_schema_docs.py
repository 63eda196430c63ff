"""Descriptions of schemas and fields come from the docstrings of the code."""

from typing import Any

# The classes are found because they are imported.
import api.schemas.dead_letters
import api.schemas.link_uploads  # noqa: F401
from api.contract.schema_docs import describe_schemas


def described(name: str, **fields: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"properties": fields}
    describe_schemas({name: schema})
    return schema


def test_class_and_fields_are_described() -> None:
    assert described("JobView", items={}, id={}) == {
        "description": "A request to process files, and its progress.",
        "properties": {
            "items": {
                "description": "The files, in upload order, without deleted and expired images."
            },
            "id": {"description": "ID of the job."},
        },
    }


def test_fields_that_are_inherited_are_described() -> None:
    fields = described("LinkJobView", version={})["properties"]
    assert fields == {"version": {"description": "Grows with every change of the job."}}


def test_lines_of_a_text_are_joined() -> None:
    text = described("DeadLetterAttemptView", reason={})["properties"]["reason"]["description"]
    assert "\n" not in text
    assert text.startswith("An error code, or `lease_expired`")


def test_attributes_of_a_docstring_describe_fields() -> None:
    schema = described("Gps", altitude={})
    assert "Attributes" not in schema["description"]
    assert schema["properties"]["altitude"]["description"].startswith("Metres above sea level")


def test_existing_descriptions_stay() -> None:
    fields = described("JobView", version={"description": "Said."})["properties"]
    assert fields == {"version": {"description": "Said."}}


def test_unknown_schemas_are_left_alone() -> None:
    assert described("Stranger", size={}) == {"properties": {"size": {}}}
