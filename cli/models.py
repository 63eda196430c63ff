"""The commands ``minilab models``: versions, training, promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.text import Text

from cli import options
from cli.groups import Commands, examples
from cli.rendering import table, text, when
from cli.session import Session, connected
from cli.waiting import has_failed, print_job, show_waiting

if TYPE_CHECKING:
    from minilab_client.models import ModelVersion

_FAILED = 1


@click.group(cls=Commands)
def models() -> None:
    """List, train, show and promote models that predict images from labels.

    Requires an admin key.
    """


@models.command(name="list", epilog=examples("minilab models list"))
@connected
def list_(session: Session) -> None:
    """List the models of all tasks, with every version."""
    found = session.minilab.models.list_models()
    if session.json_wanted:
        session.print_json(found)
        return
    shown = table("task", "version", "status", "accuracy", "macro F1", "images", "trained")
    for model in found.items:
        for version in model.versions:
            shown.add_row(text(model.task), *_cells(version))
    session.print(shown)


@models.command(epilog=examples("minilab models show flower 3"))
@click.argument("task")
@click.argument("version", type=click.IntRange(min=1))
@connected
def show(session: Session, task: str, version: int) -> None:
    """Show a version with its metrics on images that it was not trained on."""
    found = session.minilab.models.get_model_version(task, version)
    metrics, trained_on = found.metrics, found.trained_on
    rows: list[tuple[str, object]] = [
        ("task", found.task),
        ("version", f"{found.version}, {found.status.value}"),
        ("classes", ", ".join(found.classes)),
    ]
    if metrics is not None and trained_on is not None:
        rows += [
            ("accuracy", f"{metrics.accuracy:.3f} (by chance {metrics.chance:.3f})"),
            ("macro F1", f"{metrics.macro_f1:.3f}"),
            ("trained on", f"{trained_on.images} images of {trained_on.users} users"),
        ]
        rows += [
            (f"F1 of {name}", f"{of.f1:.3f}")
            for name, of in found.per_class.additional_properties.items()
        ]
    rows += [("not promoted", found.refused)] if found.refused else []
    rows += [("failed", found.error)] if found.error else []
    session.show(found, rows)


@models.command(
    epilog=examples("minilab models train flower", "minilab models train flower --wait")
)
@click.argument("task")
@click.option("--wait", "is_waiting", is_flag=True, help="Wait for the end of the training.")
@connected
def train(session: Session, task: str, is_waiting: bool) -> None:
    """Train a model on the labels of a task."""
    job = session.minilab.models.train_model(task)
    if is_waiting:
        (job,) = show_waiting(session, [job])
    print_job(session, job)
    if is_waiting and has_failed(job):
        raise SystemExit(_FAILED)


@models.command(epilog=examples("minilab models promote flower 2"))
@click.argument("task")
@click.argument("version", type=click.IntRange(min=1))
@options.yes
@connected
def promote(session: Session, task: str, version: int, confirmed: bool) -> None:
    """Make a version live; an older one is a rollback."""
    session.confirm(f"Make version {version} of {task} live?", confirmed=confirmed)
    found = session.minilab.models.promote_model_version(task, version)
    session.show(found, [("task", found.task), ("live version", found.version)])


def _cells(version: ModelVersion) -> list[Text]:
    metrics, trained_on = version.metrics, version.trained_on
    return [
        text(version.version),
        text(version.status.value),
        text(f"{metrics.accuracy:.3f}" if metrics else None),
        text(f"{metrics.macro_f1:.3f}" if metrics else None),
        text(trained_on.images if trained_on else None),
        text(when(version.finished_at) if version.finished_at else None),
    ]
