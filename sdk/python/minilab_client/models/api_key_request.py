from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.key_role import KeyRole
from ..models.key_scope import KeyScope
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.upload_limits_of_key import UploadLimitsOfKey


T = TypeVar("T", bound="ApiKeyRequest")


@_attrs_define
class ApiKeyRequest:
    """The values of a new API key."""

    role: KeyRole
    """ A role that a key can be created with. """
    expires_at: datetime.datetime | None | Unset = UNSET
    """ When the key expires. Without this and `expires_in`, the key never expires; a service key must send one of
    them. """
    expires_in: int | None | Unset = UNSET
    """ Seconds from now until the key expires. """
    limits: None | Unset | UploadLimitsOfKey = UNSET
    """ Limits of the uploads with the key, in place of those of the settings, for an app with many users. Only for
    `service`. """
    max_stored_bytes: int | None | Unset = UNSET
    """ Most bytes of stored images, in place of the quota of the settings; not allowed for `admin` and `reader`.
    Counts the images of the tenant or, without one, of a client key's user or those uploaded with a service key;
    each with the size of its file, also if it is a duplicate. With a service key: at most its own, which is the
    default. """
    note: None | str | Unset = UNSET
    """ A remark, for example the name of the app. """
    scopes: list[KeyScope] | None | Unset = UNSET
    """ What the key may do: `upload` sends files and retries jobs, `read` retrieves, `delete` deletes and cancels.
    Without it: all that the creating key may do. Only for `client` and `service`. """
    tenant: None | str | Unset = UNSET
    """ Tenant of the users that the key acts for; not allowed for `admin`. The same `user_id` in two tenants names
    two users. All service keys of a tenant see the same users, images, jobs and webhooks, and nothing of other
    tenants. A service key without a tenant may read and delete every user without a tenant, also those of other
    such keys. """
    user_id: None | str | Unset = UNSET
    """ User of the key; required for `client`, optional for `reader`, else not allowed. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.upload_limits_of_key import UploadLimitsOfKey  # noqa: PLC0415

        role = self.role.value

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        expires_in: int | None | Unset
        if isinstance(self.expires_in, Unset):
            expires_in = UNSET
        else:
            expires_in = self.expires_in

        limits: dict[str, Any] | None | Unset
        if isinstance(self.limits, Unset):
            limits = UNSET
        elif isinstance(self.limits, UploadLimitsOfKey):
            limits = self.limits.to_dict()
        else:
            limits = self.limits

        max_stored_bytes: int | None | Unset
        if isinstance(self.max_stored_bytes, Unset):
            max_stored_bytes = UNSET
        else:
            max_stored_bytes = self.max_stored_bytes

        note: None | str | Unset
        if isinstance(self.note, Unset):
            note = UNSET
        else:
            note = self.note

        scopes: list[str] | None | Unset
        if isinstance(self.scopes, Unset):
            scopes = UNSET
        elif isinstance(self.scopes, list):
            scopes = []
            for scopes_type_0_item_data in self.scopes:
                scopes_type_0_item = scopes_type_0_item_data.value
                scopes.append(scopes_type_0_item)

        else:
            scopes = self.scopes

        tenant: None | str | Unset
        if isinstance(self.tenant, Unset):
            tenant = UNSET
        else:
            tenant = self.tenant

        user_id: None | str | Unset
        if isinstance(self.user_id, Unset):
            user_id = UNSET
        else:
            user_id = self.user_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "role": role,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if expires_in is not UNSET:
            field_dict["expires_in"] = expires_in
        if limits is not UNSET:
            field_dict["limits"] = limits
        if max_stored_bytes is not UNSET:
            field_dict["max_stored_bytes"] = max_stored_bytes
        if note is not UNSET:
            field_dict["note"] = note
        if scopes is not UNSET:
            field_dict["scopes"] = scopes
        if tenant is not UNSET:
            field_dict["tenant"] = tenant
        if user_id is not UNSET:
            field_dict["user_id"] = user_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.upload_limits_of_key import UploadLimitsOfKey  # noqa: PLC0415

        d = dict(src_dict)
        role = KeyRole(d.pop("role"))

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        def _parse_expires_in(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        expires_in = _parse_expires_in(d.pop("expires_in", UNSET))

        def _parse_limits(data: object) -> None | Unset | UploadLimitsOfKey:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                limits_type_0 = UploadLimitsOfKey.from_dict(data)

                return limits_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UploadLimitsOfKey, data)

        limits = _parse_limits(d.pop("limits", UNSET))

        def _parse_max_stored_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_stored_bytes = _parse_max_stored_bytes(d.pop("max_stored_bytes", UNSET))

        def _parse_note(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        note = _parse_note(d.pop("note", UNSET))

        def _parse_scopes(data: object) -> list[KeyScope] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                scopes_type_0 = []
                _scopes_type_0 = data
                for scopes_type_0_item_data in _scopes_type_0:
                    scopes_type_0_item = KeyScope(scopes_type_0_item_data)

                    scopes_type_0.append(scopes_type_0_item)

                return scopes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[KeyScope] | None | Unset, data)

        scopes = _parse_scopes(d.pop("scopes", UNSET))

        def _parse_tenant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tenant = _parse_tenant(d.pop("tenant", UNSET))

        def _parse_user_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_id = _parse_user_id(d.pop("user_id", UNSET))

        api_key_request = cls(
            role=role,
            expires_at=expires_at,
            expires_in=expires_in,
            limits=limits,
            max_stored_bytes=max_stored_bytes,
            note=note,
            scopes=scopes,
            tenant=tenant,
            user_id=user_id,
        )

        api_key_request.additional_properties = d
        return api_key_request

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
