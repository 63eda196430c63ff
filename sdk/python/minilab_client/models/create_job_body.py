from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..models.gps_policy import GpsPolicy
from ..types import UNSET, File, Unset

T = TypeVar("T", bound="CreateJobBody")


@_attrs_define
class CreateJobBody:
    files: list[File]
    """ The files, at least one. Any field name is accepted. """
    attributes: str | Unset = UNSET
    """ JSON object of strings for the job and its images, such as `{"room": "kitchen"}`: 50 keys at most, of 40
    letters, digits, dots, hyphens and underscores at most; values of 500 characters at most. """
    callback_url: str | Unset = UNSET
    """ URL that receives the event `job.finished` of this job, signed with the webhook secret of the key. """
    external_id: str | Unset = UNSET
    """ ID in your own system, for the job and its images. Not unique: send an `Idempotency-Key` to upload once. """
    gps: GpsPolicy | Unset = UNSET
    """ Whether the position of a picture is served or removed. """
    operations: str | Unset = UNSET
    """ Comma-separated list of operations; all of the capabilities by default. """
    tags: str | Unset = UNSET
    """ Comma-separated tags for the job and its images, 20 at most, of 64 characters at most. The field may be
    repeated. """
    tenant: str | Unset = UNSET
    """ With an admin key: the tenant of the user. Other keys determine their tenant. """
    user_id: str | Unset = UNSET
    """ User that the images belong to. Required with a service key, optional with an admin key. A client key has a
    user of its own. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_tuple()

            files.append(files_item)

        attributes = self.attributes

        callback_url = self.callback_url

        external_id = self.external_id

        gps: str | Unset = UNSET
        if not isinstance(self.gps, Unset):
            gps = self.gps.value

        operations = self.operations

        tags = self.tags

        tenant = self.tenant

        user_id = self.user_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "files": files,
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

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        for files_item_element in self.files:
            files.append(("files", files_item_element.to_tuple()))

        if not isinstance(self.attributes, Unset):
            files.append(("attributes", (None, str(self.attributes).encode(), "text/plain")))

        if not isinstance(self.callback_url, Unset):
            files.append(("callback_url", (None, str(self.callback_url).encode(), "text/plain")))

        if not isinstance(self.external_id, Unset):
            files.append(("external_id", (None, str(self.external_id).encode(), "text/plain")))

        if not isinstance(self.gps, Unset):
            files.append(("gps", (None, str(self.gps.value).encode(), "text/plain")))

        if not isinstance(self.operations, Unset):
            files.append(("operations", (None, str(self.operations).encode(), "text/plain")))

        if not isinstance(self.tags, Unset):
            files.append(("tags", (None, str(self.tags).encode(), "text/plain")))

        if not isinstance(self.tenant, Unset):
            files.append(("tenant", (None, str(self.tenant).encode(), "text/plain")))

        if not isinstance(self.user_id, Unset):
            files.append(("user_id", (None, str(self.user_id).encode(), "text/plain")))

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = File(payload=BytesIO(files_item_data))

            files.append(files_item)

        attributes = d.pop("attributes", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        external_id = d.pop("external_id", UNSET)

        _gps = d.pop("gps", UNSET)
        gps: GpsPolicy | Unset
        if isinstance(_gps, Unset):
            gps = UNSET
        else:
            gps = GpsPolicy(_gps)

        operations = d.pop("operations", UNSET)

        tags = d.pop("tags", UNSET)

        tenant = d.pop("tenant", UNSET)

        user_id = d.pop("user_id", UNSET)

        create_job_body = cls(
            files=files,
            attributes=attributes,
            callback_url=callback_url,
            external_id=external_id,
            gps=gps,
            operations=operations,
            tags=tags,
            tenant=tenant,
            user_id=user_id,
        )

        create_job_body.additional_properties = d
        return create_job_body

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
