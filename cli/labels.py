"""The command ``minilab label``: says what images show."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click

from cli import options
from cli.errors import RefusedError
from cli.groups import examples
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import LabelItemRequest

_TOGETHER = 1000


@click.command(
    epilog=examples(
        "minilab label 01a22889-a26a-7513-b846-5de614917377 flowers daisy",
        "minilab label 01a22889-a26a-7513-b846-5de614917377 flowers --remove",
        "minilab label --from labels.csv",
    )
)
@click.argument("image_id", type=options.ID, required=False)
@click.argument("task", type=options.ID, required=False)
@click.argument("value", type=options.ID, required=False)
@click.option("--remove", is_flag=True, help="Remove the label of the task.")
@click.option(
    "--from",
    "file",
    type=click.File(encoding="utf-8-sig"),
    help="A CSV file with a line image_id,task,value for each label; `-` reads standard input.",
)
@options.user_id
@connected
def label(
    session: Session,
    image_id: str | None,
    task: str | None,
    value: str | None,
    remove: bool,
    file: TextIO | None,
    user_id: str | None,
) -> None:
    """Label an image with a value for a task, or many images from a file."""
    named = (image_id, task, value)
    if file is not None and not remove and named == (None, None, None):
        _label_many(session, file, user_id)
    elif file is not None or image_id is None or task is None or remove is (value is not None):
        raise click.UsageError("Give IMAGE_ID TASK VALUE, IMAGE_ID TASK --remove, or --from FILE.")
    elif remove:
        session.minilab.learning.remove_label(image_id, task, user_id=given(user_id))
        session.say(f"removed the label {task}", removed=task)
    else:
        _label_one(session, image_id, task, str(value), user_id)


def _label_one(session: Session, image_id: str, task: str, value: str, user_id: str | None) -> None:
    from minilab_client.models import LabelRequest

    body = LabelRequest(value=value)
    kept = session.minilab.learning.set_label(image_id, task, body=body, user_id=given(user_id))
    session.show(kept, [("image", kept.image_id), (kept.task, kept.value)])


def _label_many(session: Session, file: TextIO, user_id: str | None) -> None:
    """Send the labels of a file, many at once.

    Raises:
        RefusedError: Some were refused.
    """
    from minilab_client.models import LabelsRequest

    labeled, refused = 0, []
    labels = list(_read(file))
    for some in _cut(labels):
        body = LabelsRequest(labels=list(some))
        answer = session.minilab.learning.set_labels(body=body, user_id=given(user_id))
        labeled += answer.labeled
        refused += [
            f"{item.image_id} {item.task}: {item.error.code}: {item.error.detail}"
            for item in answer.items
            if item.error
        ]
    session.say(f"set {labeled} of {len(labels)} labels", labeled=labeled, refused=len(refused))
    if refused:
        raise RefusedError("\n".join(refused))


def _read(file: TextIO) -> Iterator[LabelItemRequest]:
    from minilab_client.models import LabelItemRequest

    for number, row in enumerate(csv.reader(file), 1):
        if not row or row == ["image_id", "task", "value"]:
            continue
        if len(row) != 3:
            raise click.UsageError(f"Line {number} is not image_id,task,value.")
        image_id, task, value = (part.strip() for part in row)
        yield LabelItemRequest(image_id=image_id, task=task, value=value)


def _cut(labels: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(labels), _TOGETHER):
        yield labels[first : first + _TOGETHER]
