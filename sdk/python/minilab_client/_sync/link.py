# Derived from _async/link.py by `make sdk`: edit that file.
"""The client for an upload link: upload, wait and follow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..api import Tags
from ..files import FileSource, joined, opened
from ..models.create_link_upload_body import CreateLinkUploadBody
from ..models.link_job import LinkJob
from ..retries import Retries
from ..types import UNSET
from .http import connect
from .jobs import JobCalls


class MinilabLink(JobCalls[LinkJob]):
    """An upload link, for people without an API key.

    Args:
        base_url: Address of the service.
        token: Token of the link, which begins with `mll_`.
        timeout, retries, options: As for `Minilab`.
    """

    _jobs_path = "/v1/uploads/jobs"

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 60.0,
        retries: Retries = Retries(),  # noqa: B008 -- it cannot change
        **options: Any,
    ) -> None:
        super().__init__(connect(base_url, token, timeout, retries, options))
        self._tags = Tags(self._client)

    def upload(
        self,
        *files: FileSource,
        operations: Iterable[str] | None = None,
        wait: bool | float = False,
        idempotency_key: str | None = None,
    ) -> LinkJob:
        """Upload files, as `Minilab.upload` does."""
        with opened(files) as parts:
            body = CreateLinkUploadBody(
                files=parts,
                operations=joined(operations) if operations is not None else UNSET,
            )
            job = self._tags.uploads_through_links.create_link_upload(
                body=body,
                prefer=self._prefer(wait),
                idempotency_key=idempotency_key or UNSET,
            )
        return self._wait_if(job, wait)

    def _read_job(self, job_id: str, wait_seconds: int) -> LinkJob:
        return self._tags.uploads_through_links.get_link_job(job_id, prefer=f"wait={wait_seconds}")
