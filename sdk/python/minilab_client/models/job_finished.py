from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_finished_attributes import JobFinishedAttributes


T = TypeVar("T", bound="JobFinished")


@_attrs_define
class JobFinished:
    """A job has ended. A job that is retried ends again, with a greater version."""

    job_id: str
    """ ID of the job. """
    status: Status
    """ Status of a job, an image or a cell. """
    url: str
    """ URL of the job. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    version: int
    """ Version of the job at its end. """
    attributes: JobFinishedAttributes | Unset = UNSET
    """ Values of your own, by key; absent without any. """
    external_id: str | Unset = UNSET
    """ ID in your own system; absent without one. """
    tags: list[str] | Unset = UNSET
    """ Words of your own; absent without any. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = self.job_id

        status = self.status.value

        url = self.url

        user_id = self.user_id

        version = self.version

        attributes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.attributes, Unset):
            attributes = self.attributes.to_dict()

        external_id = self.external_id

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job_id": job_id,
                "status": status,
                "url": url,
                "user_id": user_id,
                "version": version,
            }
        )
        if attributes is not UNSET:
            field_dict["attributes"] = attributes
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if tags is not UNSET:
            field_dict["tags"] = tags
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_finished_attributes import JobFinishedAttributes  # noqa: PLC0415

        d = dict(src_dict)
        job_id = d.pop("job_id")

        status = Status(d.pop("status"))

        url = d.pop("url")

        user_id = d.pop("user_id")

        version = d.pop("version")

        _attributes = d.pop("attributes", UNSET)
        attributes: JobFinishedAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = JobFinishedAttributes.from_dict(_attributes)

        external_id = d.pop("external_id", UNSET)

        tags = cast(list[str], d.pop("tags", UNSET))

        tenant = d.pop("tenant", UNSET)

        job_finished = cls(
            job_id=job_id,
            status=status,
            url=url,
            user_id=user_id,
            version=version,
            attributes=attributes,
            external_id=external_id,
            tags=tags,
            tenant=tenant,
        )

        job_finished.additional_properties = d
        return job_finished

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
