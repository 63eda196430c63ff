from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.listed_image_attributes import ListedImageAttributes
    from ..models.listed_image_content_urls import ListedImageContentUrls
    from ..models.listed_image_predictions import ListedImagePredictions
    from ..models.metadata import Metadata


T = TypeVar("T", bound="ListedImage")


@_attrs_define
class ListedImage:
    """An image in a list of images."""

    attributes: ListedImageAttributes
    """ Values of your own, by key. """
    bytes_: int
    """ Size of the file in bytes. """
    external_id: None | str
    """ ID in your own system; not unique. """
    filename: str
    """ File name as uploaded, without folders. """
    format_: str
    """ Format of the file: one of the capabilities. """
    height: int | None
    """ Height of the upright image in pixels. """
    id: str
    """ ID of the image. """
    job_id: str
    """ ID of the job. """
    link_id: None | str
    """ Upload link that the image was uploaded through; null if it was uploaded with a key. """
    media_type: str
    """ Media type of the file (RFC 6838). """
    metadata: Metadata | None
    """ What the file says about its picture; null before it is read. """
    predictions: ListedImagePredictions
    """ What the live models predict, by task; images without the operation `embedding` have none. """
    status: Status
    """ Status of a job, an image or a cell. """
    tags: list[str]
    """ Words of your own. """
    uploaded_at: datetime.datetime
    """ When the image was uploaded. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    warnings: list[str]
    """ What was wrong with the file, by code, as in the items of a job. """
    width: int | None
    """ Width of the upright image in pixels. """
    content_urls: ListedImageContentUrls | Unset = UNSET
    """ URLs of pictures that work without a key, by variant; only if the request asks for them. """
    distance: int | Unset = UNSET
    """ Number of differing bits of the 64-bit fingerprint; only in a list of near-duplicates. """
    similarity: float | Unset = UNSET
    """ How alike the embeddings are: 0, nothing in common, to 1; only in a list by embedding. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.metadata import Metadata  # noqa: PLC0415

        attributes = self.attributes.to_dict()

        bytes_ = self.bytes_

        external_id: None | str
        external_id = self.external_id

        filename = self.filename

        format_ = self.format_

        height: int | None
        height = self.height

        id = self.id

        job_id = self.job_id

        link_id: None | str
        link_id = self.link_id

        media_type = self.media_type

        metadata: dict[str, Any] | None
        if isinstance(self.metadata, Metadata):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        predictions = self.predictions.to_dict()

        status = self.status.value

        tags = self.tags

        uploaded_at = self.uploaded_at.isoformat()

        user_id = self.user_id

        warnings = self.warnings

        width: int | None
        width = self.width

        content_urls: dict[str, Any] | Unset = UNSET
        if not isinstance(self.content_urls, Unset):
            content_urls = self.content_urls.to_dict()

        distance = self.distance

        similarity = self.similarity

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attributes": attributes,
                "bytes": bytes_,
                "external_id": external_id,
                "filename": filename,
                "format": format_,
                "height": height,
                "id": id,
                "job_id": job_id,
                "link_id": link_id,
                "media_type": media_type,
                "metadata": metadata,
                "predictions": predictions,
                "status": status,
                "tags": tags,
                "uploaded_at": uploaded_at,
                "user_id": user_id,
                "warnings": warnings,
                "width": width,
            }
        )
        if content_urls is not UNSET:
            field_dict["content_urls"] = content_urls
        if distance is not UNSET:
            field_dict["distance"] = distance
        if similarity is not UNSET:
            field_dict["similarity"] = similarity
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.listed_image_attributes import ListedImageAttributes  # noqa: PLC0415
        from ..models.listed_image_content_urls import ListedImageContentUrls  # noqa: PLC0415
        from ..models.listed_image_predictions import ListedImagePredictions  # noqa: PLC0415
        from ..models.metadata import Metadata  # noqa: PLC0415

        d = dict(src_dict)
        attributes = ListedImageAttributes.from_dict(d.pop("attributes"))

        bytes_ = d.pop("bytes")

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

        filename = d.pop("filename")

        format_ = d.pop("format")

        def _parse_height(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        height = _parse_height(d.pop("height"))

        id = d.pop("id")

        job_id = d.pop("job_id")

        def _parse_link_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        link_id = _parse_link_id(d.pop("link_id"))

        media_type = d.pop("media_type")

        def _parse_metadata(data: object) -> Metadata | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = Metadata.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Metadata | None, data)

        metadata = _parse_metadata(d.pop("metadata"))

        predictions = ListedImagePredictions.from_dict(d.pop("predictions"))

        status = Status(d.pop("status"))

        tags = cast(list[str], d.pop("tags"))

        uploaded_at = datetime.datetime.fromisoformat(d.pop("uploaded_at"))

        user_id = d.pop("user_id")

        warnings = cast(list[str], d.pop("warnings"))

        def _parse_width(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        width = _parse_width(d.pop("width"))

        _content_urls = d.pop("content_urls", UNSET)
        content_urls: ListedImageContentUrls | Unset
        if isinstance(_content_urls, Unset):
            content_urls = UNSET
        else:
            content_urls = ListedImageContentUrls.from_dict(_content_urls)

        distance = d.pop("distance", UNSET)

        similarity = d.pop("similarity", UNSET)

        tenant = d.pop("tenant", UNSET)

        listed_image = cls(
            attributes=attributes,
            bytes_=bytes_,
            external_id=external_id,
            filename=filename,
            format_=format_,
            height=height,
            id=id,
            job_id=job_id,
            link_id=link_id,
            media_type=media_type,
            metadata=metadata,
            predictions=predictions,
            status=status,
            tags=tags,
            uploaded_at=uploaded_at,
            user_id=user_id,
            warnings=warnings,
            width=width,
            content_urls=content_urls,
            distance=distance,
            similarity=similarity,
            tenant=tenant,
        )

        listed_image.additional_properties = d
        return listed_image

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
