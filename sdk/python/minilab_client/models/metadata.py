from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.gps import Gps


T = TypeVar("T", bound="Metadata")


@_attrs_define
class Metadata:
    """Tags that the camera wrote; a tag that the file does not have is null."""

    camera_make: None | str | Unset = UNSET
    """ Maker of the camera. """
    camera_model: None | str | Unset = UNSET
    """ Model of the camera. """
    exposure_time: float | None | Unset = UNSET
    """ Seconds. """
    f_number: float | None | Unset = UNSET
    """ Focal length over aperture. """
    focal_length: float | None | Unset = UNSET
    """ Millimetres, of the lens itself. """
    gps: Gps | None | Unset = UNSET
    """ Position. """
    iso: int | None | Unset = UNSET
    """ Sensitivity. """
    lens_model: None | str | Unset = UNSET
    """ Model of the lens. """
    orientation: int | None | Unset = UNSET
    """ EXIF orientation as stored, 1 to 8. """
    taken_at: None | str | Unset = UNSET
    """ `YYYY-MM-DDTHH:MM:SS` by the camera's clock, with `±HH:MM` where the file names the offset from UTC. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.gps import Gps  # noqa: PLC0415

        camera_make: None | str | Unset
        if isinstance(self.camera_make, Unset):
            camera_make = UNSET
        else:
            camera_make = self.camera_make

        camera_model: None | str | Unset
        if isinstance(self.camera_model, Unset):
            camera_model = UNSET
        else:
            camera_model = self.camera_model

        exposure_time: float | None | Unset
        if isinstance(self.exposure_time, Unset):
            exposure_time = UNSET
        else:
            exposure_time = self.exposure_time

        f_number: float | None | Unset
        if isinstance(self.f_number, Unset):
            f_number = UNSET
        else:
            f_number = self.f_number

        focal_length: float | None | Unset
        if isinstance(self.focal_length, Unset):
            focal_length = UNSET
        else:
            focal_length = self.focal_length

        gps: dict[str, Any] | None | Unset
        if isinstance(self.gps, Unset):
            gps = UNSET
        elif isinstance(self.gps, Gps):
            gps = self.gps.to_dict()
        else:
            gps = self.gps

        iso: int | None | Unset
        if isinstance(self.iso, Unset):
            iso = UNSET
        else:
            iso = self.iso

        lens_model: None | str | Unset
        if isinstance(self.lens_model, Unset):
            lens_model = UNSET
        else:
            lens_model = self.lens_model

        orientation: int | None | Unset
        if isinstance(self.orientation, Unset):
            orientation = UNSET
        else:
            orientation = self.orientation

        taken_at: None | str | Unset
        if isinstance(self.taken_at, Unset):
            taken_at = UNSET
        else:
            taken_at = self.taken_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if camera_make is not UNSET:
            field_dict["camera_make"] = camera_make
        if camera_model is not UNSET:
            field_dict["camera_model"] = camera_model
        if exposure_time is not UNSET:
            field_dict["exposure_time"] = exposure_time
        if f_number is not UNSET:
            field_dict["f_number"] = f_number
        if focal_length is not UNSET:
            field_dict["focal_length"] = focal_length
        if gps is not UNSET:
            field_dict["gps"] = gps
        if iso is not UNSET:
            field_dict["iso"] = iso
        if lens_model is not UNSET:
            field_dict["lens_model"] = lens_model
        if orientation is not UNSET:
            field_dict["orientation"] = orientation
        if taken_at is not UNSET:
            field_dict["taken_at"] = taken_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.gps import Gps  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_camera_make(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        camera_make = _parse_camera_make(d.pop("camera_make", UNSET))

        def _parse_camera_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        camera_model = _parse_camera_model(d.pop("camera_model", UNSET))

        def _parse_exposure_time(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        exposure_time = _parse_exposure_time(d.pop("exposure_time", UNSET))

        def _parse_f_number(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        f_number = _parse_f_number(d.pop("f_number", UNSET))

        def _parse_focal_length(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        focal_length = _parse_focal_length(d.pop("focal_length", UNSET))

        def _parse_gps(data: object) -> Gps | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                gps_type_0 = Gps.from_dict(data)

                return gps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Gps | None | Unset, data)

        gps = _parse_gps(d.pop("gps", UNSET))

        def _parse_iso(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        iso = _parse_iso(d.pop("iso", UNSET))

        def _parse_lens_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        lens_model = _parse_lens_model(d.pop("lens_model", UNSET))

        def _parse_orientation(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        orientation = _parse_orientation(d.pop("orientation", UNSET))

        def _parse_taken_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        taken_at = _parse_taken_at(d.pop("taken_at", UNSET))

        metadata = cls(
            camera_make=camera_make,
            camera_model=camera_model,
            exposure_time=exposure_time,
            f_number=f_number,
            focal_length=focal_length,
            gps=gps,
            iso=iso,
            lens_model=lens_model,
            orientation=orientation,
            taken_at=taken_at,
        )

        metadata.additional_properties = d
        return metadata

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
