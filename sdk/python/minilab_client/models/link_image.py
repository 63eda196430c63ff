from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status

if TYPE_CHECKING:
    from ..models.face import Face
    from ..models.histogram import Histogram
    from ..models.link_image_content_urls import LinkImageContentUrls
    from ..models.metadata import Metadata


T = TypeVar("T", bound="LinkImage")


@_attrs_define
class LinkImage:
    """An image with its results, for its uploader. What is unknown, or not known yet, is null."""

    bytes_: int
    """ Size of the file in bytes. """
    content_urls: LinkImageContentUrls
    """ URLs of the `thumbnail` and of the picture with the `faces` in boxes; they need no key. """
    faces: list[Face] | None
    """ The detected faces, in no order; null without a result. """
    filename: str
    """ File name as uploaded, without folders. """
    format_: str
    """ Format of the file: one of the capabilities. """
    height: int | None
    """ Height of the upright image in pixels. """
    histogram: Histogram | None
    """ The histogram; null without a result. """
    id: str
    """ ID of the image. """
    media_type: str
    """ Media type of the file (RFC 6838). """
    metadata: Metadata | None
    """ What the file says about its picture; null before it is read. """
    status: Status
    """ Status of a job, an image or a cell. """
    uploaded_at: datetime.datetime
    """ When the image was uploaded. """
    warnings: list[str]
    """ What was wrong with the file, by code, as in the items of a job. """
    width: int | None
    """ Width of the upright image in pixels. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.histogram import Histogram  # noqa: PLC0415
        from ..models.metadata import Metadata  # noqa: PLC0415

        bytes_ = self.bytes_

        content_urls = self.content_urls.to_dict()

        faces: list[dict[str, Any]] | None
        if isinstance(self.faces, list):
            faces = []
            for faces_type_0_item_data in self.faces:
                faces_type_0_item = faces_type_0_item_data.to_dict()
                faces.append(faces_type_0_item)

        else:
            faces = self.faces

        filename = self.filename

        format_ = self.format_

        height: int | None
        height = self.height

        histogram: dict[str, Any] | None
        if isinstance(self.histogram, Histogram):
            histogram = self.histogram.to_dict()
        else:
            histogram = self.histogram

        id = self.id

        media_type = self.media_type

        metadata: dict[str, Any] | None
        if isinstance(self.metadata, Metadata):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        status = self.status.value

        uploaded_at = self.uploaded_at.isoformat()

        warnings = self.warnings

        width: int | None
        width = self.width

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes": bytes_,
                "content_urls": content_urls,
                "faces": faces,
                "filename": filename,
                "format": format_,
                "height": height,
                "histogram": histogram,
                "id": id,
                "media_type": media_type,
                "metadata": metadata,
                "status": status,
                "uploaded_at": uploaded_at,
                "warnings": warnings,
                "width": width,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.face import Face  # noqa: PLC0415
        from ..models.histogram import Histogram  # noqa: PLC0415
        from ..models.link_image_content_urls import LinkImageContentUrls  # noqa: PLC0415
        from ..models.metadata import Metadata  # noqa: PLC0415

        d = dict(src_dict)
        bytes_ = d.pop("bytes")

        content_urls = LinkImageContentUrls.from_dict(d.pop("content_urls"))

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

        format_ = d.pop("format")

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

        status = Status(d.pop("status"))

        uploaded_at = datetime.datetime.fromisoformat(d.pop("uploaded_at"))

        warnings = cast(list[str], d.pop("warnings"))

        def _parse_width(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        width = _parse_width(d.pop("width"))

        link_image = cls(
            bytes_=bytes_,
            content_urls=content_urls,
            faces=faces,
            filename=filename,
            format_=format_,
            height=height,
            histogram=histogram,
            id=id,
            media_type=media_type,
            metadata=metadata,
            status=status,
            uploaded_at=uploaded_at,
            warnings=warnings,
            width=width,
        )

        link_image.additional_properties = d
        return link_image

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
