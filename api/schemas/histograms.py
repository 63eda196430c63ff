"""Schemas of histograms across images."""

import datetime
from typing import Annotated, Literal

import msgspec

from domain.histograms.medians import Median
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


def view_image_histogram(histogram: ImageHistogram) -> ImageHistogramView:
    """Convert the histogram of an image."""
    bins = unpack_bins(histogram.packed)
    return ImageHistogramView(histogram.image_id, histogram.uploaded_at, bins, sum(bins))


def view_median(median: Median, day: datetime.date, tz: str) -> MedianHistogramView:
    """Convert the median of a day."""
    return MedianHistogramView(day, tz, median.images, "pixels", median.bins)
