"""Leaves out of an upload what the user has uploaded before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from cli.session import Session
from cli.uploading import Chosen

_MOST_HASHES = 1000


class Skipped(NamedTuple):
    """A file that is stored already, and the ID of its image."""

    file: str
    image_id: str


def leave_out_known(
    session: Session, files: Sequence[Chosen], user_id: str | None, tenant: str | None
) -> tuple[list[Chosen], list[Skipped]]:
    """Ask the service which files it has, by their hashes.

    Returns:
        The files to send, and those that are known, each in their order.
    """
    from minilab_client.models import KnownImagesRequest

    hashes = _hash_all(session, files)
    known: dict[str, str] = {}
    unique = list(dict.fromkeys(hashes))
    for first in range(0, len(unique), _MOST_HASHES):
        some = unique[first : first + _MOST_HASHES]
        asked = KnownImagesRequest(sha256=some, user_id=user_id, tenant=tenant)
        answer = session.minilab.images.find_known_images(body=asked)
        known |= {item.sha256: item.image_id for item in answer.items}
    pairs = list(zip(files, hashes, strict=True))
    sent = [file for file, digest in pairs if digest not in known]
    skipped = [Skipped(str(f.path), known[digest]) for f, digest in pairs if digest in known]
    return sent, skipped


def _hash_all(session: Session, files: Sequence[Chosen]) -> list[str]:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=session.progress
    ) as bars:
        bar = bars.add_task("Comparing", total=sum(file.size_bytes for file in files))
        hashes = []
        for file in files:
            with file.path.open("rb") as opened:
                hashes.append(hashlib.file_digest(opened, "sha256").hexdigest())
            bars.advance(bar, file.size_bytes)
        return hashes
