from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.dead_letter_attempt import DeadLetterAttempt
    from ..models.failure import Failure


T = TypeVar("T", bound="DeadLetter")


@_attrs_define
class DeadLetter:
    """An image that the service stopped trying to process."""

    attempts: list[DeadLetterAttempt]
    """ The latest failed attempts, oldest first. """
    bytes_: int
    """ Size of the file in bytes. """
    error: Failure | None
    """ The error of the first failed operation. """
    filename: str
    """ File name as uploaded, without folders. """
    format_: str
    """ Format of the file: one of the capabilities. """
    gave_up_at: datetime.datetime
    """ When the service stopped trying. """
    image_id: str
    """ ID of the image and of the dead letter. """
    job_id: str
    """ ID of the job. """
    operations: list[str]
    """ The failed operations. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure  # noqa: PLC0415

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        bytes_ = self.bytes_

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        filename = self.filename

        format_ = self.format_

        gave_up_at = self.gave_up_at.isoformat()

        image_id = self.image_id

        job_id = self.job_id

        operations = self.operations

        user_id = self.user_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempts": attempts,
                "bytes": bytes_,
                "error": error,
                "filename": filename,
                "format": format_,
                "gave_up_at": gave_up_at,
                "image_id": image_id,
                "job_id": job_id,
                "operations": operations,
                "user_id": user_id,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letter_attempt import DeadLetterAttempt  # noqa: PLC0415
        from ..models.failure import Failure  # noqa: PLC0415

        d = dict(src_dict)
        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = DeadLetterAttempt.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        bytes_ = d.pop("bytes")

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

        format_ = d.pop("format")

        gave_up_at = datetime.datetime.fromisoformat(d.pop("gave_up_at"))

        image_id = d.pop("image_id")

        job_id = d.pop("job_id")

        operations = cast(list[str], d.pop("operations"))

        user_id = d.pop("user_id")

        tenant = d.pop("tenant", UNSET)

        dead_letter = cls(
            attempts=attempts,
            bytes_=bytes_,
            error=error,
            filename=filename,
            format_=format_,
            gave_up_at=gave_up_at,
            image_id=image_id,
            job_id=job_id,
            operations=operations,
            user_id=user_id,
            tenant=tenant,
        )

        dead_letter.additional_properties = d
        return dead_letter

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
