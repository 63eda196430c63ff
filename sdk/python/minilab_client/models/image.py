from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.gps_policy import GpsPolicy
from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.embedding import Embedding
    from ..models.face import Face
    from ..models.failure import Failure
    from ..models.histogram import Histogram
    from ..models.image_attributes import ImageAttributes
    from ..models.image_content_urls import ImageContentUrls
    from ..models.image_labels import ImageLabels
    from ..models.image_operations import ImageOperations
    from ..models.image_predictions import ImagePredictions
    from ..models.metadata import Metadata
    from ..models.quality import Quality


T = TypeVar("T", bound="Image")


@_attrs_define
class Image:
    """An image with its results. Values that are unknown, or not known yet, are null."""

    attributes: ImageAttributes
    """ Values of your own, by key. """
    bytes_: int
    """ Size of the file in bytes. """
    duplicate_of: None | str
    """ ID of an earlier image of the same user with the same content. It may have been deleted. """
    embedding: Embedding | None
    """ What the picture shows, in numbers; only where learning is on. """
    error: Failure | None
    """ Why there is no result; null if there is no error. """
    expires_at: datetime.datetime | None
    """ When the image and its results may be deleted; null while it is unfinished, or if images are kept forever.
    """
    external_id: None | str
    """ ID in your own system; not unique. """
    faces: list[Face] | None
    """ The detected faces, in no order; null without a result. """
    filename: str
    """ File name as uploaded, without folders. """
    fingerprint: None | str
    """ 64-bit perceptual hash as 16 hex digits. Near-duplicates differ in few bits. """
    format_: str
    """ Format of the file: one of the capabilities. """
    gps: GpsPolicy
    """ Whether the position of a picture is served or removed. """
    height: int | None
    """ Height of the upright image in pixels. """
    histogram: Histogram | None
    """ The histogram; null without a result. """
    id: str
    """ ID of the image. """
    job_id: str
    """ ID of the job. """
    labels: ImageLabels
    """ The latest label of each task; only where learning is on. """
    link_id: None | str
    """ Upload link that the image was uploaded through; null if it was uploaded with a key. """
    media_type: str
    """ Media type of the file (RFC 6838). """
    metadata: Metadata | None
    """ What the file says about its picture; null before it is read. """
    operations: ImageOperations
    """ The operations, by name. """
    predictions: ImagePredictions
    """ What the live models predict, by task; images without the operation `embedding` have none. """
    quality: None | Quality
    """ How sharp, noisy and well exposed the picture is; only where learning is on. """
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
    content_urls: ImageContentUrls | Unset = UNSET
    """ URLs of pictures that work without a key, by variant; only if the request asks for them. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.embedding import Embedding  # noqa: PLC0415
        from ..models.failure import Failure  # noqa: PLC0415
        from ..models.histogram import Histogram  # noqa: PLC0415
        from ..models.metadata import Metadata  # noqa: PLC0415
        from ..models.quality import Quality  # noqa: PLC0415

        attributes = self.attributes.to_dict()

        bytes_ = self.bytes_

        duplicate_of: None | str
        duplicate_of = self.duplicate_of

        embedding: dict[str, Any] | None
        if isinstance(self.embedding, Embedding):
            embedding = self.embedding.to_dict()
        else:
            embedding = self.embedding

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        external_id: None | str
        external_id = self.external_id

        faces: list[dict[str, Any]] | None
        if isinstance(self.faces, list):
            faces = []
            for faces_type_0_item_data in self.faces:
                faces_type_0_item = faces_type_0_item_data.to_dict()
                faces.append(faces_type_0_item)

        else:
            faces = self.faces

        filename = self.filename

        fingerprint: None | str
        fingerprint = self.fingerprint

        format_ = self.format_

        gps = self.gps.value

        height: int | None
        height = self.height

        histogram: dict[str, Any] | None
        if isinstance(self.histogram, Histogram):
            histogram = self.histogram.to_dict()
        else:
            histogram = self.histogram

        id = self.id

        job_id = self.job_id

        labels = self.labels.to_dict()

        link_id: None | str
        link_id = self.link_id

        media_type = self.media_type

        metadata: dict[str, Any] | None
        if isinstance(self.metadata, Metadata):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        operations = self.operations.to_dict()

        predictions = self.predictions.to_dict()

        quality: dict[str, Any] | None
        if isinstance(self.quality, Quality):
            quality = self.quality.to_dict()
        else:
            quality = self.quality

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

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attributes": attributes,
                "bytes": bytes_,
                "duplicate_of": duplicate_of,
                "embedding": embedding,
                "error": error,
                "expires_at": expires_at,
                "external_id": external_id,
                "faces": faces,
                "filename": filename,
                "fingerprint": fingerprint,
                "format": format_,
                "gps": gps,
                "height": height,
                "histogram": histogram,
                "id": id,
                "job_id": job_id,
                "labels": labels,
                "link_id": link_id,
                "media_type": media_type,
                "metadata": metadata,
                "operations": operations,
                "predictions": predictions,
                "quality": quality,
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
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.embedding import Embedding  # noqa: PLC0415
        from ..models.face import Face  # noqa: PLC0415
        from ..models.failure import Failure  # noqa: PLC0415
        from ..models.histogram import Histogram  # noqa: PLC0415
        from ..models.image_attributes import ImageAttributes  # noqa: PLC0415
        from ..models.image_content_urls import ImageContentUrls  # noqa: PLC0415
        from ..models.image_labels import ImageLabels  # noqa: PLC0415
        from ..models.image_operations import ImageOperations  # noqa: PLC0415
        from ..models.image_predictions import ImagePredictions  # noqa: PLC0415
        from ..models.metadata import Metadata  # noqa: PLC0415
        from ..models.quality import Quality  # noqa: PLC0415

        d = dict(src_dict)
        attributes = ImageAttributes.from_dict(d.pop("attributes"))

        bytes_ = d.pop("bytes")

        def _parse_duplicate_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        duplicate_of = _parse_duplicate_of(d.pop("duplicate_of"))

        def _parse_embedding(data: object) -> Embedding | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                embedding_type_0 = Embedding.from_dict(data)

                return embedding_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Embedding | None, data)

        embedding = _parse_embedding(d.pop("embedding"))

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

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

        def _parse_faces(data: object) -> list[Face] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                faces_type_0 = []
                _faces_type_0 = data
                for faces_type_0_item_data in _faces_type_0:
                    faces_type_0_item = Face.from_dict(faces_type_0_item_data)

                    faces_type_0.append(faces_type_0_item)

                return faces_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Face] | None, data)

        faces = _parse_faces(d.pop("faces"))

        filename = d.pop("filename")

        def _parse_fingerprint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        fingerprint = _parse_fingerprint(d.pop("fingerprint"))

        format_ = d.pop("format")

        gps = GpsPolicy(d.pop("gps"))

        def _parse_height(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        height = _parse_height(d.pop("height"))

        def _parse_histogram(data: object) -> Histogram | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                histogram_type_0 = Histogram.from_dict(data)

                return histogram_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Histogram | None, data)

        histogram = _parse_histogram(d.pop("histogram"))

        id = d.pop("id")

        job_id = d.pop("job_id")

        labels = ImageLabels.from_dict(d.pop("labels"))

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

        operations = ImageOperations.from_dict(d.pop("operations"))

        predictions = ImagePredictions.from_dict(d.pop("predictions"))

        def _parse_quality(data: object) -> None | Quality:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                quality_type_0 = Quality.from_dict(data)

                return quality_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Quality, data)

        quality = _parse_quality(d.pop("quality"))

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
        content_urls: ImageContentUrls | Unset
        if isinstance(_content_urls, Unset):
            content_urls = UNSET
        else:
            content_urls = ImageContentUrls.from_dict(_content_urls)

        tenant = d.pop("tenant", UNSET)

        image = cls(
            attributes=attributes,
            bytes_=bytes_,
            duplicate_of=duplicate_of,
            embedding=embedding,
            error=error,
            expires_at=expires_at,
            external_id=external_id,
            faces=faces,
            filename=filename,
            fingerprint=fingerprint,
            format_=format_,
            gps=gps,
            height=height,
            histogram=histogram,
            id=id,
            job_id=job_id,
            labels=labels,
            link_id=link_id,
            media_type=media_type,
            metadata=metadata,
            operations=operations,
            predictions=predictions,
            quality=quality,
            status=status,
            tags=tags,
            uploaded_at=uploaded_at,
            user_id=user_id,
            warnings=warnings,
            width=width,
            content_urls=content_urls,
            tenant=tenant,
        )

        image.additional_properties = d
        return image

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
