from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.faces_of_file import FacesOfFile


T = TypeVar("T", bound="Faces")


@_attrs_define
class Faces:
    """The faces in all files of a request."""

    job_id: str
    """ ID of the job. """
    results: list[FacesOfFile]
    """ The files, in upload order. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = self.job_id

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job_id": job_id,
                "results": results,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.faces_of_file import FacesOfFile  # noqa: PLC0415

        d = dict(src_dict)
        job_id = d.pop("job_id")

        results = []
        _results = d.pop("results")
        for results_item_data in _results:
            results_item = FacesOfFile.from_dict(results_item_data)

            results.append(results_item)

        faces = cls(
            job_id=job_id,
            results=results,
        )

        faces.additional_properties = d
        return faces

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
