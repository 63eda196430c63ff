from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.key_scope import KeyScope
from ..models.role import Role

if TYPE_CHECKING:
    from ..models.upload_limits_of_key import UploadLimitsOfKey


T = TypeVar("T", bound="CreatedApiKey")


@_attrs_define
class CreatedApiKey:
    """A new API key. Its secrets are shown once, in this answer."""

    created_at: datetime.datetime
    """ When the object was created. """
    created_by: None | str
    """ ID of the key that created it. If that is a service key, the key ends with it. Null if it was not recorded.
    """
    expires_at: datetime.datetime | None
    """ When it expires; null for never. """
    hint: str
    """ First characters of the secret, to recognize the key. """
    id: str
    """ ID of the API key. """
    key: str
    """ The secret. Send it as `Authorization: Bearer <key>`. """
    last_used_at: datetime.datetime | None
    """ When the key was last used, to the minute; null before its first use. A use shows after some seconds. """
    limits: None | UploadLimitsOfKey
    """ Limits of the uploads with the key; null for those of the settings. """
    max_stored_bytes: int | None
    """ Quota of stored bytes of the key; null for that of the settings. """
    note: None | str
    """ A remark for people; null without one. """
    revoked_at: datetime.datetime | None
    """ When it was revoked; null if it was not. """
    role: Role
    """ Role of a key. """
    scopes: list[KeyScope]
    """ What the key may do. """
    tenant: None | str
    """ Tenant of the users that the key acts for; null without one. """
    user_id: None | str
    """ ID of the user: 1 to 128 characters. """
    webhook_secret: None | str
    """ Verifies events that arrive at the `callback_url` of its jobs; null if this service has no webhooks. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.upload_limits_of_key import UploadLimitsOfKey  # noqa: PLC0415

        created_at = self.created_at.isoformat()

        created_by: None | str
        created_by = self.created_by

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        hint = self.hint

        id = self.id

        key = self.key

        last_used_at: None | str
        if isinstance(self.last_used_at, datetime.datetime):
            last_used_at = self.last_used_at.isoformat()
        else:
            last_used_at = self.last_used_at

        limits: dict[str, Any] | None
        if isinstance(self.limits, UploadLimitsOfKey):
            limits = self.limits.to_dict()
        else:
            limits = self.limits

        max_stored_bytes: int | None
        max_stored_bytes = self.max_stored_bytes

        note: None | str
        note = self.note

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        role = self.role.value

        scopes = []
        for scopes_item_data in self.scopes:
            scopes_item = scopes_item_data.value
            scopes.append(scopes_item)

        tenant: None | str
        tenant = self.tenant

        user_id: None | str
        user_id = self.user_id

        webhook_secret: None | str
        webhook_secret = self.webhook_secret

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "created_by": created_by,
                "expires_at": expires_at,
                "hint": hint,
                "id": id,
                "key": key,
                "last_used_at": last_used_at,
                "limits": limits,
                "max_stored_bytes": max_stored_bytes,
                "note": note,
                "revoked_at": revoked_at,
                "role": role,
                "scopes": scopes,
                "tenant": tenant,
                "user_id": user_id,
                "webhook_secret": webhook_secret,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.upload_limits_of_key import UploadLimitsOfKey  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_created_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        created_by = _parse_created_by(d.pop("created_by"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        hint = d.pop("hint")

        id = d.pop("id")

        key = d.pop("key")

        def _parse_last_used_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_used_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_used_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_used_at = _parse_last_used_at(d.pop("last_used_at"))

        def _parse_limits(data: object) -> None | UploadLimitsOfKey:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                limits_type_0 = UploadLimitsOfKey.from_dict(data)

                return limits_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UploadLimitsOfKey, data)

        limits = _parse_limits(d.pop("limits"))

        def _parse_max_stored_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_stored_bytes = _parse_max_stored_bytes(d.pop("max_stored_bytes"))

        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        role = Role(d.pop("role"))

        scopes = []
        _scopes = d.pop("scopes")
        for scopes_item_data in _scopes:
            scopes_item = KeyScope(scopes_item_data)

            scopes.append(scopes_item)

        def _parse_tenant(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tenant = _parse_tenant(d.pop("tenant"))

        def _parse_user_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        user_id = _parse_user_id(d.pop("user_id"))

        def _parse_webhook_secret(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        webhook_secret = _parse_webhook_secret(d.pop("webhook_secret"))

        created_api_key = cls(
            created_at=created_at,
            created_by=created_by,
            expires_at=expires_at,
            hint=hint,
            id=id,
            key=key,
            last_used_at=last_used_at,
            limits=limits,
            max_stored_bytes=max_stored_bytes,
            note=note,
            revoked_at=revoked_at,
            role=role,
            scopes=scopes,
            tenant=tenant,
            user_id=user_id,
            webhook_secret=webhook_secret,
        )

        created_api_key.additional_properties = d
        return created_api_key

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
