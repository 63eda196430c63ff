from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.batch_store import BatchStore
from ..models.picture_format import PictureFormat
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.batch_filter import BatchFilter


T = TypeVar("T", bound="BatchRequest")


@_attrs_define
class BatchRequest:
    """A batch to start: what is to be done, with which images."""

    operation: str
    """ An operation of the capabilities, which is computed where it is missing or of an older version: `metadata`,
    `histogram`, `faces`, `fingerprint`, `thumbnail`, and with learning `quality` and `embedding`. With `widths` or
    `formats`, `thumbnail` makes these sizes ahead of their first request. `check_hashes`: reads all bytes and
    compares their hash. `move_bytes`: moves the bytes to `store`. `remove`: deletes the images. """
    dry_run: bool | Unset = False
    """ Only count the images and their bytes. """
    filter_: BatchFilter | None | Unset = UNSET
    """ The images; without it, all. Images that wait or are processed are never among them, nor those that are
    uploaded after the request. """
    force: bool | Unset = False
    """ Compute results anew that exist in the present version. """
    formats: list[PictureFormat] | None | Unset = UNSET
    """ Formats of the sizes to make; WebP by default. """
    max_images: int | None | Unset = UNSET
    """ If the filter selects more images than this, the batch fails and nothing is done. Required for `remove`
    without `dry_run`: send what a dry run has counted. """
    store: BatchStore | None | Unset = UNSET
    """ Where `move_bytes` moves the bytes to: into MongoDB (`gridfs`), or those of large files into the bucket
    (`s3`). Required for it. """
    widths: list[int] | None | Unset = UNSET
    """ Widths in pixels of the sizes to make; the settings of the service list the allowed ones. No picture is
    larger than its original. Without widths, the formats are made at full size. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.batch_filter import BatchFilter  # noqa: PLC0415

        operation = self.operation

        dry_run = self.dry_run

        filter_: dict[str, Any] | None | Unset
        if isinstance(self.filter_, Unset):
            filter_ = UNSET
        elif isinstance(self.filter_, BatchFilter):
            filter_ = self.filter_.to_dict()
        else:
            filter_ = self.filter_

        force = self.force

        formats: list[str] | None | Unset
        if isinstance(self.formats, Unset):
            formats = UNSET
        elif isinstance(self.formats, list):
            formats = []
            for formats_type_0_item_data in self.formats:
                formats_type_0_item = formats_type_0_item_data.value
                formats.append(formats_type_0_item)

        else:
            formats = self.formats

        max_images: int | None | Unset
        if isinstance(self.max_images, Unset):
            max_images = UNSET
        else:
            max_images = self.max_images

        store: None | str | Unset
        if isinstance(self.store, Unset):
            store = UNSET
        elif isinstance(self.store, BatchStore):
            store = self.store.value
        else:
            store = self.store

        widths: list[int] | None | Unset
        if isinstance(self.widths, Unset):
            widths = UNSET
        elif isinstance(self.widths, list):
            widths = self.widths

        else:
            widths = self.widths

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "operation": operation,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if filter_ is not UNSET:
            field_dict["filter"] = filter_
        if force is not UNSET:
            field_dict["force"] = force
        if formats is not UNSET:
            field_dict["formats"] = formats
        if max_images is not UNSET:
            field_dict["max_images"] = max_images
        if store is not UNSET:
            field_dict["store"] = store
        if widths is not UNSET:
            field_dict["widths"] = widths

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_filter import BatchFilter  # noqa: PLC0415

        d = dict(src_dict)
        operation = d.pop("operation")

        dry_run = d.pop("dry_run", UNSET)

        def _parse_filter_(data: object) -> BatchFilter | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filter_type_0 = BatchFilter.from_dict(data)

                return filter_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BatchFilter | None | Unset, data)

        filter_ = _parse_filter_(d.pop("filter", UNSET))

        force = d.pop("force", UNSET)

        def _parse_formats(data: object) -> list[PictureFormat] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                formats_type_0 = []
                _formats_type_0 = data
                for formats_type_0_item_data in _formats_type_0:
                    formats_type_0_item = PictureFormat(formats_type_0_item_data)

                    formats_type_0.append(formats_type_0_item)

                return formats_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[PictureFormat] | None | Unset, data)

        formats = _parse_formats(d.pop("formats", UNSET))

        def _parse_max_images(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_images = _parse_max_images(d.pop("max_images", UNSET))

        def _parse_store(data: object) -> BatchStore | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                store_type_0 = BatchStore(data)

                return store_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BatchStore | None | Unset, data)

        store = _parse_store(d.pop("store", UNSET))

        def _parse_widths(data: object) -> list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                widths_type_0 = cast(list[int], data)

                return widths_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None | Unset, data)

        widths = _parse_widths(d.pop("widths", UNSET))

        batch_request = cls(
            operation=operation,
            dry_run=dry_run,
            filter_=filter_,
            force=force,
            formats=formats,
            max_images=max_images,
            store=store,
            widths=widths,
        )

        batch_request.additional_properties = d
        return batch_request

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
