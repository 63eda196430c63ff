from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status

if TYPE_CHECKING:
    from ..models.failure import Failure
    from ..models.job_item_operations import JobItemOperations


T = TypeVar("T", bound="JobItem")


@_attrs_define
class JobItem:
    """One file of a job."""

    duplicate_of: None | str
    """ ID of an earlier image of the same user with the same content. It may have been deleted. """
    error: Failure | None
    """ Why the file failed or was refused. """
    filename: str
    """ File name as uploaded, without folders; of a URL, the last part of its path. """
    image_id: None | str
    """ ID of the image; null if the file was refused, or is not fetched from its URL yet. """
    operations: JobItemOperations
    """ Status of each operation of the job. """
    status: Status
    """ Status of a job, an image or a cell. """
    warnings: list[str]
    """ What was wrong with a file that has results all the same, by code. `truncated`: the file ends before the end
    of the picture, and the missing part is gray. `end_missing`: the file ends before the end that it declares, but
    the picture is whole. `exif_ignored`: its EXIF block cannot be read. `profile_ignored`: its colour profile
    cannot be used. Other codes may follow. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure  # noqa: PLC0415

        duplicate_of: None | str
        duplicate_of = self.duplicate_of

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        filename = self.filename

        image_id: None | str
        image_id = self.image_id

        operations = self.operations.to_dict()

        status = self.status.value

        warnings = self.warnings

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "duplicate_of": duplicate_of,
                "error": error,
                "filename": filename,
                "image_id": image_id,
                "operations": operations,
                "status": status,
                "warnings": warnings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.failure import Failure  # noqa: PLC0415
        from ..models.job_item_operations import JobItemOperations  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_duplicate_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        duplicate_of = _parse_duplicate_of(d.pop("duplicate_of"))

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

        filename = d.pop("filename")

        def _parse_image_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        image_id = _parse_image_id(d.pop("image_id"))

        operations = JobItemOperations.from_dict(d.pop("operations"))

        status = Status(d.pop("status"))

        warnings = cast(list[str], d.pop("warnings"))

        job_item = cls(
            duplicate_of=duplicate_of,
            error=error,
            filename=filename,
            image_id=image_id,
            operations=operations,
            status=status,
            warnings=warnings,
        )

        job_item.additional_properties = d
        return job_item

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
