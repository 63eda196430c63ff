"""Schemas of histograms across images, and of similar users and images."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.views import owner_fields
from domain.histograms.medians import Median
from domain.histograms.nearest import Neighbour, SimilarImage
from domain.histograms.similarity import Metric
from domain.images.values import BINS, unpack_bins
from domain.records import ImageHistogram

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class ImageHistogramView(msgspec.Struct, frozen=True):
    """The histogram of an image: how often each gray level occurs."""

    image_id: str
    uploaded_at: datetime.datetime
    bins: Annotated[list[int], msgspec.Meta(min_length=BINS, max_length=BINS)]
    """256 counts, from black to white."""
    pixels: int
    """Sum of the counts: width × height."""


class MedianHistogramView(msgspec.Struct, frozen=True):
    """The median histogram of all images of a day."""

    day: datetime.date
    tz: str
    """Time zone that defines the day."""
    images: int
    """Number of images that were uploaded on the day and have a histogram."""
    normalized_by: Literal["pixels"]
    """Each histogram is divided by its number of pixels before the median is taken."""
    bins: Annotated[list[Share], msgspec.Meta(min_length=BINS, max_length=BINS)]
    """256 medians, from black to white: the median over all images of the share of pixels with that
    gray level. The medians need not add up to 1. All are 0 if there are no images."""


class SimilarItemView(msgspec.Struct, frozen=True):
    """A similar user or image."""

    user_id: str
    """The user, or the user of the image."""
    distance: float
    """0 if the histograms are equal; the greater, the less similar they are."""
    image_id: str | UnsetType = UNSET
    """The image; absent in a list of users."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class SimilarView(msgspec.Struct, frozen=True):
    """The most similar users or images, nearest first; ties are ordered by ID."""

    metric: Metric
    """The metric of the distances."""
    items: list[SimilarItemView]
    compared: int | UnsetType = UNSET
    """Number of images that were compared: the newest ones, if there are more than the service
    compares. Absent in a list of users, which compares all of them."""


def view_image_histogram(histogram: ImageHistogram) -> ImageHistogramView:
    """Convert the histogram of an image."""
    bins = unpack_bins(histogram.packed)
    return ImageHistogramView(histogram.image_id, histogram.uploaded_at, bins, sum(bins))


def view_median(median: Median, day: datetime.date, tz: str) -> MedianHistogramView:
    """Convert the median of a day."""
    return MedianHistogramView(day, tz, median.images, "pixels", median.bins)


def view_similar_users(nearest: Sequence[Neighbour], metric: Metric) -> SimilarView:
    """Convert similar users."""
    return SimilarView(
        metric, [SimilarItemView(distance=one.distance, **owner_fields(one.id)) for one in nearest]
    )


def view_similar_images(
    nearest: Sequence[SimilarImage], compared: int, metric: Metric
) -> SimilarView:
    """Convert similar images."""
    items = [
        SimilarItemView(distance=one.distance, image_id=one.image_id, **owner_fields(one.user_id))
        for one in nearest
    ]
    return SimilarView(metric, items, compared)
