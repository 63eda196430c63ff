from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.batch_store import BatchStore
from ..models.picture_format import PictureFormat
from ..models.status import Status

if TYPE_CHECKING:
    from ..models.batch_errors import BatchErrors
    from ..models.batch_failure import BatchFailure
    from ..models.batch_filter import BatchFilter
    from ..models.failure import Failure


T = TypeVar("T", bound="Batch")


@_attrs_define
class Batch:
    """A batch and its progress."""

    created_at: datetime.datetime
    """ When the object was created. """
    created_by: str
    """ ID of the key that started the batch. """
    done: int
    """ Images that are now as the operation leaves them. """
    dry_run: bool
    """ Whether the images are only counted. """
    error: Failure | None
    """ Why the batch failed as a whole: `too_many_selected`. """
    errors: BatchErrors
    """ Number of failed images by the code of the error. """
    failed: int
    """ Images on which the operation failed. They are otherwise unchanged. """
    failures: list[BatchFailure]
    """ The last 20 failed images. """
    filter_: BatchFilter
    """ Selects images, as the parameters of `GET /v1/images` do; all fields must match.

    An empty filter selects all images. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    force: bool
    """ Whether results are computed anew that exist in the present version. """
    formats: list[PictureFormat]
    """ Formats of the sizes that are made. """
    id: str
    """ ID of the batch. """
    max_images: int | None
    """ The most images that the filter may select. """
    operation: str
    """ The operation of the request. """
    selected: int | None
    """ Number of images; null until they are counted. When the batch has ended, it is the number of those that
    still existed. """
    selected_bytes: int | None
    """ Size of their files when they were counted. """
    status: Status
    """ Status of a job, an image or a cell. """
    store: BatchStore | None
    """ Where the bytes are moved to. """
    unchanged: int
    """ Those of the done images that were so before, or were deleted meanwhile. """
    version: int
    """ Increases with every change. """
    widths: list[int]
    """ Widths in pixels of the sizes that are made. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure  # noqa: PLC0415

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        done = self.done

        dry_run = self.dry_run

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        errors = self.errors.to_dict()

        failed = self.failed

        failures = []
        for failures_item_data in self.failures:
            failures_item = failures_item_data.to_dict()
            failures.append(failures_item)

        filter_ = self.filter_.to_dict()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        force = self.force

        formats = []
        for formats_item_data in self.formats:
            formats_item = formats_item_data.value
            formats.append(formats_item)

        id = self.id

        max_images: int | None
        max_images = self.max_images

        operation = self.operation

        selected: int | None
        selected = self.selected

        selected_bytes: int | None
        selected_bytes = self.selected_bytes

        status = self.status.value

        store: None | str
        if isinstance(self.store, BatchStore):
            store = self.store.value
        else:
            store = self.store

        unchanged = self.unchanged

        version = self.version

        widths = self.widths

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "created_by": created_by,
                "done": done,
                "dry_run": dry_run,
                "error": error,
                "errors": errors,
                "failed": failed,
                "failures": failures,
                "filter": filter_,
                "finished_at": finished_at,
                "force": force,
                "formats": formats,
                "id": id,
                "max_images": max_images,
                "operation": operation,
                "selected": selected,
                "selected_bytes": selected_bytes,
                "status": status,
                "store": store,
                "unchanged": unchanged,
                "version": version,
                "widths": widths,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_errors import BatchErrors  # noqa: PLC0415
        from ..models.batch_failure import BatchFailure  # noqa: PLC0415
        from ..models.batch_filter import BatchFilter  # noqa: PLC0415
        from ..models.failure import Failure  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        done = d.pop("done")

        dry_run = d.pop("dry_run")

        def _parse_error(data: object) -> Failure | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = Failure.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Failure | None, data)

        error = _parse_error(d.pop("error"))

        errors = BatchErrors.from_dict(d.pop("errors"))

        failed = d.pop("failed")

        failures = []
        _failures = d.pop("failures")
        for failures_item_data in _failures:
            failures_item = BatchFailure.from_dict(failures_item_data)

            failures.append(failures_item)

        filter_ = BatchFilter.from_dict(d.pop("filter"))

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

        force = d.pop("force")

        formats = []
        _formats = d.pop("formats")
        for formats_item_data in _formats:
            formats_item = PictureFormat(formats_item_data)

            formats.append(formats_item)

        id = d.pop("id")

        def _parse_max_images(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_images = _parse_max_images(d.pop("max_images"))

        operation = d.pop("operation")

        def _parse_selected(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        selected = _parse_selected(d.pop("selected"))

        def _parse_selected_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        selected_bytes = _parse_selected_bytes(d.pop("selected_bytes"))

        status = Status(d.pop("status"))

        def _parse_store(data: object) -> BatchStore | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                store_type_0 = BatchStore(data)

                return store_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BatchStore | None, data)

        store = _parse_store(d.pop("store"))

        unchanged = d.pop("unchanged")

        version = d.pop("version")

        widths = cast(list[int], d.pop("widths"))

        batch = cls(
            created_at=created_at,
            created_by=created_by,
            done=done,
            dry_run=dry_run,
            error=error,
            errors=errors,
            failed=failed,
            failures=failures,
            filter_=filter_,
            finished_at=finished_at,
            force=force,
            formats=formats,
            id=id,
            max_images=max_images,
            operation=operation,
            selected=selected,
            selected_bytes=selected_bytes,
            status=status,
            store=store,
            unchanged=unchanged,
            version=version,
            widths=widths,
        )

        batch.additional_properties = d
        return batch

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
