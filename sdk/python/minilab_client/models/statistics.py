from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.camera_count import CameraCount
    from ..models.day_count import DayCount
    from ..models.failure_count import FailureCount
    from ..models.format_count import FormatCount
    from ..models.totals import Totals


T = TypeVar("T", bound="Statistics")


@_attrs_define
class Statistics:
    """Totals and trends of all images at this moment, without deleted ones."""

    failures: list[FailureCount]
    """ Error codes of images, most frequent first. Files that were refused at upload are not included. """
    most_popular_format: FormatCount | None
    """ Null if there are no images. """
    top_camera_models: list[CameraCount]
    """ The ten models with the most images, most first. """
    totals: Totals
    """ Totals over all images. """
    tz: str
    """ Time zone of the days. """
    uploads_per_day: list[DayCount]
    """ The last 30 days including today, oldest first; days without uploads count 0. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.format_count import FormatCount  # noqa: PLC0415

        failures = []
        for failures_item_data in self.failures:
            failures_item = failures_item_data.to_dict()
            failures.append(failures_item)

        most_popular_format: dict[str, Any] | None
        if isinstance(self.most_popular_format, FormatCount):
            most_popular_format = self.most_popular_format.to_dict()
        else:
            most_popular_format = self.most_popular_format

        top_camera_models = []
        for top_camera_models_item_data in self.top_camera_models:
            top_camera_models_item = top_camera_models_item_data.to_dict()
            top_camera_models.append(top_camera_models_item)

        totals = self.totals.to_dict()

        tz = self.tz

        uploads_per_day = []
        for uploads_per_day_item_data in self.uploads_per_day:
            uploads_per_day_item = uploads_per_day_item_data.to_dict()
            uploads_per_day.append(uploads_per_day_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "failures": failures,
                "most_popular_format": most_popular_format,
                "top_camera_models": top_camera_models,
                "totals": totals,
                "tz": tz,
                "uploads_per_day": uploads_per_day,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.camera_count import CameraCount  # noqa: PLC0415
        from ..models.day_count import DayCount  # noqa: PLC0415
        from ..models.failure_count import FailureCount  # noqa: PLC0415
        from ..models.format_count import FormatCount  # noqa: PLC0415
        from ..models.totals import Totals  # noqa: PLC0415

        d = dict(src_dict)
        failures = []
        _failures = d.pop("failures")
        for failures_item_data in _failures:
            failures_item = FailureCount.from_dict(failures_item_data)

            failures.append(failures_item)

        def _parse_most_popular_format(data: object) -> FormatCount | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                most_popular_format_type_0 = FormatCount.from_dict(data)

                return most_popular_format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormatCount | None, data)

        most_popular_format = _parse_most_popular_format(d.pop("most_popular_format"))

        top_camera_models = []
        _top_camera_models = d.pop("top_camera_models")
        for top_camera_models_item_data in _top_camera_models:
            top_camera_models_item = CameraCount.from_dict(top_camera_models_item_data)

            top_camera_models.append(top_camera_models_item)

        totals = Totals.from_dict(d.pop("totals"))

        tz = d.pop("tz")

        uploads_per_day = []
        _uploads_per_day = d.pop("uploads_per_day")
        for uploads_per_day_item_data in _uploads_per_day:
            uploads_per_day_item = DayCount.from_dict(uploads_per_day_item_data)

            uploads_per_day.append(uploads_per_day_item)

        statistics = cls(
            failures=failures,
            most_popular_format=most_popular_format,
            top_camera_models=top_camera_models,
            totals=totals,
            tz=tz,
            uploads_per_day=uploads_per_day,
        )

        statistics.additional_properties = d
        return statistics

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
