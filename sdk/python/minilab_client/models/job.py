from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_attributes import JobAttributes
    from ..models.job_item import JobItem
    from ..models.job_progress import JobProgress
    from ..models.queue_place import QueuePlace


T = TypeVar("T", bound="Job")


@_attrs_define
class Job:
    """A request to process files, and its progress."""

    attributes: JobAttributes
    """ Values of your own, by key. """
    created_at: datetime.datetime
    """ When the object was created. """
    expires_at: datetime.datetime | None
    """ When the job may be deleted; null while it is unfinished, or if jobs are kept forever. """
    external_id: None | str
    """ ID in your own system; not unique. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    id: str
    """ ID of the job. """
    items: list[JobItem]
    """ The files, in upload order, without deleted and expired images. """
    operations: list[str]
    """ The requested operations, or only `delete_user` for a job that deletes a user. """
    poll_after_ms: int | None
    """ Milliseconds after which the job may have ended, 20 to 30000, by the estimate: when to ask again. Null once
    the job has ended. `Retry-After` says the same in whole seconds, 1 at least. """
    progress: JobProgress
    """ Numbers of operations: each operation counts once for each image. """
    queue: QueuePlace
    """ The position of a job in the queue. """
    status: Status
    """ Status of a job, an image or a cell. """
    tags: list[str]
    """ Words of your own. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    version: int
    """ Grows with every change of the job. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attributes = self.attributes.to_dict()

        created_at = self.created_at.isoformat()

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        external_id: None | str
        external_id = self.external_id

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

        status = self.status.value

        tags = self.tags

        user_id = self.user_id

        version = self.version

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attributes": attributes,
                "created_at": created_at,
                "expires_at": expires_at,
                "external_id": external_id,
                "finished_at": finished_at,
                "id": id,
                "items": items,
                "operations": operations,
                "poll_after_ms": poll_after_ms,
                "progress": progress,
                "queue": queue,
                "status": status,
                "tags": tags,
                "user_id": user_id,
                "version": version,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_attributes import JobAttributes  # noqa: PLC0415
        from ..models.job_item import JobItem  # noqa: PLC0415
        from ..models.job_progress import JobProgress  # noqa: PLC0415
        from ..models.queue_place import QueuePlace  # noqa: PLC0415

        d = dict(src_dict)
        attributes = JobAttributes.from_dict(d.pop("attributes"))

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

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

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

        status = Status(d.pop("status"))

        tags = cast(list[str], d.pop("tags"))

        user_id = d.pop("user_id")

        version = d.pop("version")

        tenant = d.pop("tenant", UNSET)

        job = cls(
            attributes=attributes,
            created_at=created_at,
            expires_at=expires_at,
            external_id=external_id,
            finished_at=finished_at,
            id=id,
            items=items,
            operations=operations,
            poll_after_ms=poll_after_ms,
            progress=progress,
            queue=queue,
            status=status,
            tags=tags,
            user_id=user_id,
            version=version,
            tenant=tenant,
        )

        job.additional_properties = d
        return job

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
