from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status

if TYPE_CHECKING:
    from ..models.job_item import JobItem
    from ..models.job_progress import JobProgress
    from ..models.queue_place import QueuePlace


T = TypeVar("T", bound="LinkJob")


@_attrs_define
class LinkJob:
    """A job that was uploaded through a link."""

    created_at: datetime.datetime
    """ When the object was created. """
    expires_at: datetime.datetime | None
    """ When the job may be deleted; null while it is unfinished, or if jobs are kept forever. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    id: str
    """ ID of the job. """
    items: list[JobItem]
    """ The files, in upload order, without deleted and expired images. """
    operations: list[str]
    """ The operations, by name. """
    poll_after_ms: int | None
    """ Milliseconds after which the job may have ended, 20 to 30000, by the estimate: when to ask again. Null once
    the job has ended. `Retry-After` says the same in whole seconds, 1 at least. """
    progress: JobProgress
    """ Numbers of operations: each operation counts once for each image. """
    queue: QueuePlace
    """ The position of a job in the queue. """
    results_url: None | str
    """ Where the results of the images are, without the token of the link: append `/images/` and an `image_id`.
    Only the answer to the upload has it, so only its sender sees results. It holds a secret token: do not log it.
    Null in all other answers, and if the link hides results. """
    status: Status
    """ Status of a job, an image or a cell. """
    version: int
    """ Grows with every change of the job. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        id = self.id

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        operations = self.operations

        poll_after_ms: int | None
        poll_after_ms = self.poll_after_ms

        progress = self.progress.to_dict()

        queue = self.queue.to_dict()

        results_url: None | str
        results_url = self.results_url

        status = self.status.value

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "expires_at": expires_at,
                "finished_at": finished_at,
                "id": id,
                "items": items,
                "operations": operations,
                "poll_after_ms": poll_after_ms,
                "progress": progress,
                "queue": queue,
                "results_url": results_url,
                "status": status,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_item import JobItem  # noqa: PLC0415
        from ..models.job_progress import JobProgress  # noqa: PLC0415
        from ..models.queue_place import QueuePlace  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        id = d.pop("id")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = JobItem.from_dict(items_item_data)

            items.append(items_item)

        operations = cast(list[str], d.pop("operations"))

        def _parse_poll_after_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        poll_after_ms = _parse_poll_after_ms(d.pop("poll_after_ms"))

        progress = JobProgress.from_dict(d.pop("progress"))

        queue = QueuePlace.from_dict(d.pop("queue"))

        def _parse_results_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        results_url = _parse_results_url(d.pop("results_url"))

        status = Status(d.pop("status"))

        version = d.pop("version")

        link_job = cls(
            created_at=created_at,
            expires_at=expires_at,
            finished_at=finished_at,
            id=id,
            items=items,
            operations=operations,
            poll_after_ms=poll_after_ms,
            progress=progress,
            queue=queue,
            results_url=results_url,
            status=status,
            version=version,
        )

        link_job.additional_properties = d
        return link_job

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
