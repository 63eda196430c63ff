"""Histograms across images as clients see them."""

import datetime
from typing import Annotated, Literal

import msgspec

from domain.images.values import BINS, unpack_bins
from storage.histograms.medians import Median
from storage.histograms.user_histograms import ImageHistogram

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class ImageHistogramView(msgspec.Struct, frozen=True):
    """How often each gray level occurs in an image."""

    image_id: str
    uploaded_at: datetime.datetime
    bins: Annotated[list[int], msgspec.Meta(min_length=BINS, max_length=BINS)]
    """256 counts, from black to white."""
    pixels: int
    """Their sum: width × height."""


class MedianHistogramView(msgspec.Struct, frozen=True):
    """The median histogram of a day, over all images of all users."""

    day: datetime.date
    tz: str
    """Time zone of the day."""
    images: int
    """Of how many images: those that were uploaded on the day and have a histogram."""
    normalized_by: Literal["pixels"]
    """Each histogram was divided by its number of pixels first."""
    bins: Annotated[list[Share], msgspec.Meta(min_length=BINS, max_length=BINS)]
    """256 shares of the pixels, from black to white: of each, the median over the images. They
    need not add up to 1. All are 0 where there is no image."""


def view_image_histogram(histogram: ImageHistogram) -> ImageHistogramView:
    """Show the histogram of an image."""
    bins = unpack_bins(histogram.packed)
    return ImageHistogramView(histogram.image_id, histogram.uploaded_at, bins, sum(bins))


def view_median(median: Median, day: datetime.date, tz: str) -> MedianHistogramView:
    """Show the median of a day."""
    return MedianHistogramView(day, tz, median.images, "pixels", median.bins)
