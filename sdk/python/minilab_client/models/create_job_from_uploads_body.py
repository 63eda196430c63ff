from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.gps_policy import GpsPolicy
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.create_job_from_uploads_body_attributes import CreateJobFromUploadsBodyAttributes


T = TypeVar("T", bound="CreateJobFromUploadsBody")


@_attrs_define
class CreateJobFromUploadsBody:
    uploads: list[str]
    """ IDs of finished resumable uploads: the last parts of their URLs. The job uses them up. """
    attributes: CreateJobFromUploadsBodyAttributes | Unset = UNSET
    """ Strings by name, for the job and its images, such as `{"room": "kitchen"}`: 50 keys at most. """
    callback_url: str | Unset = UNSET
    """ URL that receives the event `job.finished` of this job, signed with the webhook secret of the key. """
    external_id: str | Unset = UNSET
    """ ID in your own system, for the job and its images. Not unique: send an `Idempotency-Key` to upload once. """
    gps: GpsPolicy | Unset = UNSET
    """ Whether the position of a picture is served or removed. """
    operations: list[str] | Unset = UNSET
    """ Names of operations; all by default. """
    tags: list[str] | Unset = UNSET
    """ Tags for the job and its images. """
    tenant: str | Unset = UNSET
    """ With an admin key: the tenant of the user. Other keys determine their tenant. """
    user_id: str | Unset = UNSET
    """ User that the images belong to. Required with a service key, optional with an admin key. A client key has a
    user of its own. """

    def to_dict(self) -> dict[str, Any]:
        uploads = self.uploads

        attributes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.attributes, Unset):
            attributes = self.attributes.to_dict()

        callback_url = self.callback_url

        external_id = self.external_id

        gps: str | Unset = UNSET
        if not isinstance(self.gps, Unset):
            gps = self.gps.value

        operations: list[str] | Unset = UNSET
        if not isinstance(self.operations, Unset):
            operations = self.operations

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        tenant = self.tenant

        user_id = self.user_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "uploads": uploads,
            }
        )
        if attributes is not UNSET:
            field_dict["attributes"] = attributes
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if gps is not UNSET:
            field_dict["gps"] = gps
        if operations is not UNSET:
            field_dict["operations"] = operations
        if tags is not UNSET:
            field_dict["tags"] = tags
        if tenant is not UNSET:
            field_dict["tenant"] = tenant
        if user_id is not UNSET:
            field_dict["user_id"] = user_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.create_job_from_uploads_body_attributes import CreateJobFromUploadsBodyAttributes  # noqa: PLC0415

        d = dict(src_dict)
        uploads = cast(list[str], d.pop("uploads"))

        _attributes = d.pop("attributes", UNSET)
        attributes: CreateJobFromUploadsBodyAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = CreateJobFromUploadsBodyAttributes.from_dict(_attributes)

        callback_url = d.pop("callback_url", UNSET)

        external_id = d.pop("external_id", UNSET)

        _gps = d.pop("gps", UNSET)
        gps: GpsPolicy | Unset
        if isinstance(_gps, Unset):
            gps = UNSET
        else:
            gps = GpsPolicy(_gps)

        operations = cast(list[str], d.pop("operations", UNSET))

        tags = cast(list[str], d.pop("tags", UNSET))

        tenant = d.pop("tenant", UNSET)

        user_id = d.pop("user_id", UNSET)

        create_job_from_uploads_body = cls(
            uploads=uploads,
            attributes=attributes,
            callback_url=callback_url,
            external_id=external_id,
            gps=gps,
            operations=operations,
            tags=tags,
            tenant=tenant,
            user_id=user_id,
        )

        return create_job_from_uploads_body
