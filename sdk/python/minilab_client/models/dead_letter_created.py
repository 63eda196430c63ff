from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_code import ErrorCode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.dead_letter_created_attributes import DeadLetterCreatedAttributes


T = TypeVar("T", bound="DeadLetterCreated")


@_attrs_define
class DeadLetterCreated:
    """The service stopped trying to process an image."""

    code: ErrorCode
    """ Stable code of an error, for programs. New codes may be added: treat an unknown one by the HTTP status.

    - `malformed_request`: The request cannot be parsed.
    - `malformed_multipart`: The multipart body is malformed or incomplete.
    - `unknown_parameter`: The query has a parameter that the route does not have.
    - `size_not_offered`: The width is not one of the setting, or the format is unknown.
    - `too_many_batches`: The service keeps a bounded number of batches that have not ended.
    - `no_files`: No part of the form is a file.
    - `wrong_content_type`: The route does not accept the type or the encoding of the body.
    - `invalid_value`: A value is well-formed but not allowed.
    - `unknown_operation`: The operation is not one of the capabilities.
    - `too_many_images`: The request would have to read too many images.
    - `archive_too_large`: The files of the images have more bytes than one archive may have.
    - `user_required`: A service key must name a user.
    - `idempotency_key_in_use`: The first request with this key is still running.
    - `idempotency_key_taken_over`: The request was so slow that another one with the same key replaced it.
    - `idempotency_key_misused`: The key was used for another request.
    - `wrong_tus_version`: The header `Tus-Resumable` is missing, or names a version that the service does not have.
    - `checksum_mismatch`: The bytes of a resumable upload changed on their way. None of this request were kept.
    - `method_not_allowed`: The path exists, but not with this method.
    - `range_not_satisfiable`: The range lies outside the content.
    - `too_many_parts`: The request has too many parts.
    - `request_too_large`: The request has too many bytes.
    - `quota_exceeded`: The files do not fit into what the key's tenant or user may store.
    - `upload_too_slow`: The body did not arrive in time.
    - `body_too_slow`: The body brought nothing for a while, or less than the least rate.
    - `headers_too_large`: The headers have too many bytes.
    - `headers_too_slow`: The headers did not arrive in time.
    - `unauthenticated`: The API key is missing, unknown, expired or revoked.
    - `forbidden`: The API key is valid but lacks the permission.
    - `scope_missing`: The scopes of the API key do not include what the route requires.
    - `not_found`: The object does not exist, or the key may not see it.
    - `wrong_state`: The state of the object does not allow the request.
    - `nothing_to_retry`: No image of the job has failed.
    - `too_many_webhooks`: The key has as many webhooks, or new callback targets, as it may have.
    - `too_many_keys`: The service key has created as many keys, that have not expired, as it may.
    - `too_many_links`: The service key has created as many open links as it may.
    - `expired`: The object was deleted at the end of its retention time.
    - `job_expired`: The job was deleted at the end of its retention time.
    - `image_expired`: The image was deleted at the end of its retention time.
    - `link_expired`: The upload link has expired.
    - `link_revoked`: The upload link was revoked.
    - `upload_offset_conflict`: A resumable upload has another offset than the request names: ask for it by HEAD.
    - `upload_unfinished`: A job was asked for whose resumable upload has not all of its bytes.
    - `upload_used`: A resumable upload is used once, and a job has used it.
    - `upload_interrupted`: Another request asked for the offset, or sent bytes: what this one sent last is dropped.
    - `resumable_expired`: The resumable upload brought no bytes, or was not used, for too long.
    - `link_used_up`: The upload link has reached its limit of files or bytes.
    - `too_few_labels`: A model cannot be trained: too few images of a class are labelled.
    - `training_failed`: A model could not be trained for a reason inside of the service.
    - `learning_off`: The service runs without ``MINILAB_LEARNING``.
    - `malformed_part`: The headers of the part cannot be read. Other parts are not affected.
    - `empty_file`: The part has no bytes.
    - `file_too_large`: The file has too many bytes.
    - `unsupported_format`: The content is not of a supported format, whatever the file name says.
    - `corrupt_image`: The format is supported, but the content cannot be decoded.
    - `too_many_pixels`: The image has too many pixels, or a side is too long.
    - `too_many_frames`: The file has too many frames or pages.
    - `metadata_too_large`: The tags, profiles and texts of the file have too many bytes.
    - `fetch_refused`: The URL, or one that it redirects to, is not allowed.
    - `fetch_failed`: The server cannot be reached, or does not answer with a whole file.
    - `fetch_timeout`: The file did not arrive in time.
    - `decode_timed_out`: The child process exceeded its time limit and was killed.
    - `decoder_died`: The child process died on this image as often as allowed.
    - `attempts_exhausted`: Every allowed attempt began, and none finished.
    - `operation_failed`: An operation failed on a decodable image.
    - `operation_unavailable`: A worker without the extra `learning` received an image that asks for its operations.
    - `unavailable`: A service that the answer depends on cannot be reached.
    - `bytes_unavailable`: The bytes of large files can be neither written nor read for now. Small ones can.
    - `no_child`: The machine cannot start another process.
    - `webhooks_not_set_up`: The service has no key to encrypt webhook secrets with.
    - `over_limit`: The tenant is over one of its limits, for an estimated time.
    - `rate_limited`: The tenant sends requests, files or bytes too fast.
    - `too_many_wrong_keys`: The address has sent too many wrong keys. Valid keys are accepted all the same.
    - `too_many_in_flight`: The tenant has too many unfinished images.
    - `too_many_resumable_uploads`: The tenant has too many resumable uploads, or bytes of them, that no job has
    used.
    - `too_many_listeners`: The tenant has too many open event streams and held answers.
    - `too_many_connections`: The address has too many open connections.
    - `too_many_reads`: The tenant has too many large reads that wait.
    - `backlog_full`: The waiting work would take the workers too long.
    - `storage_full`: The storage is full.
    - `too_many_uploads`: The process holds as many uploads in memory as it can.
    - `listeners_full`: The process holds as many event streams and answers as it can.
    - `rendering_full`: The process has as many renderings waiting as it can.
    - `reading_full`: The process has as many large reads waiting as it can.
    - `connections_full`: The process has as many open connections as it can.
    - `internal`: An error of the service, which was logged. """
    dead_letter_id: str
    """ ID of the image. """
    job_id: str
    """ ID of the job. """
    url: str
    """ URL of the dead letter. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    attributes: DeadLetterCreatedAttributes | Unset = UNSET
    """ Values of your own, by key; absent without any. """
    external_id: str | Unset = UNSET
    """ ID in your own system; absent without one. """
    tags: list[str] | Unset = UNSET
    """ Words of your own; absent without any. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        dead_letter_id = self.dead_letter_id

        job_id = self.job_id

        url = self.url

        user_id = self.user_id

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
                "code": code,
                "dead_letter_id": dead_letter_id,
                "job_id": job_id,
                "url": url,
                "user_id": user_id,
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
        from ..models.dead_letter_created_attributes import DeadLetterCreatedAttributes  # noqa: PLC0415

        d = dict(src_dict)
        code = ErrorCode(d.pop("code"))

        dead_letter_id = d.pop("dead_letter_id")

        job_id = d.pop("job_id")

        url = d.pop("url")

        user_id = d.pop("user_id")

        _attributes = d.pop("attributes", UNSET)
        attributes: DeadLetterCreatedAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = DeadLetterCreatedAttributes.from_dict(_attributes)

        external_id = d.pop("external_id", UNSET)

        tags = cast(list[str], d.pop("tags", UNSET))

        tenant = d.pop("tenant", UNSET)

        dead_letter_created = cls(
            code=code,
            dead_letter_id=dead_letter_id,
            job_id=job_id,
            url=url,
            user_id=user_id,
            attributes=attributes,
            external_id=external_id,
            tags=tags,
            tenant=tenant,
        )

        dead_letter_created.additional_properties = d
        return dead_letter_created

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
