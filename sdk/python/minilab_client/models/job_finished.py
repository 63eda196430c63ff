from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

T = TypeVar("T", bound="JobFinished")


@_attrs_define
class JobFinished:
    """A job has ended. A job that is retried ends again, with a greater version."""

    job_id: str
    status: Status
    """ Status of a job, an image or a cell. """
    url: str
    """ URL of the job. """
    user_id: str
    version: int
    """ Version of the job at its end. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = self.job_id

        status = self.status.value

        url = self.url

        user_id = self.user_id

        version = self.version

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
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job_id = d.pop("job_id")

        status = Status(d.pop("status"))

        url = d.pop("url")

        user_id = d.pop("user_id")

        version = d.pop("version")

        tenant = d.pop("tenant", UNSET)

        job_finished = cls(
            job_id=job_id,
            status=status,
            url=url,
            user_id=user_id,
            version=version,
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
