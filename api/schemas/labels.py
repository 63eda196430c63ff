"""Schemas of labels."""

from typing import Annotated

import msgspec

from api.http.bodies import JsonBody, Rules
from api.schemas.jobs import FailureView
from domain.errors.faults import Faults
from domain.labels import MAX_LABELS, MAX_VALUE_CHARS, TASK_PATTERN, check_value

TaskText = Annotated[str, msgspec.Meta(pattern=TASK_PATTERN)]
LabelText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_VALUE_CHARS)]
IdText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class LabelRequest(JsonBody, frozen=True):
    """The label of an image for the task of the path."""

    value: LabelText
    """What the image shows, as one word or a few: a class that a model learns."""

    def check(self, rules: Rules) -> None:
        """Check the value.

        Raises:
            InvalidValue: It is not well formed.
        """
        if "value" not in rules.unusable:
            check_value(self.value)


class LabelItemRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label of an image."""

    image_id: IdText
    task: TaskText
    """Name of the task: what is asked about images."""
    value: LabelText
    """What the image shows, as one word or a few: a class that a model learns."""


class LabelsRequest(JsonBody, frozen=True):
    """Labels of images."""

    labels: Annotated[list[LabelItemRequest], msgspec.Meta(min_length=1, max_length=MAX_LABELS)]
    """The labels. Of several for the same image and task, the last one counts."""

    def check(self, rules: Rules) -> None:
        """Check the values.

        Raises:
            InvalidValue: Some are not well formed.
        """
        if "labels" in rules.unusable:
            return
        faults = Faults()
        for number, label in enumerate(self.labels):
            with faults.of(f"labels/{number}/value"):
                check_value(label.value)
        faults.check()


class LabelView(msgspec.Struct, frozen=True):
    """A label of an image."""

    image_id: str
    task: str
    """Name of the task: what is asked about images."""
    value: str
    """What the image shows."""


class LabelResultView(msgspec.Struct, frozen=True):
    """The outcome of one label of a request."""

    image_id: str
    task: str
    """Name of the task."""
    error: FailureView | None
    """Why the label was not set; null if it was."""


class LabelResultsView(msgspec.Struct, frozen=True):
    """The outcomes of the labels of a request."""

    labeled: int
    """Number of labels that were set."""
    items: list[LabelResultView]
    """One outcome for each label, in the order of the request."""
