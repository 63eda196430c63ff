"""What is alike, as clients see it."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from domain.histograms.nearest import Neighbour
from domain.histograms.similarity import Metric
from storage.histograms.similar_images import SimilarImage


class SimilarItemView(msgspec.Struct, frozen=True):
    """A user, or an image, that is like the one asked for."""

    user_id: str
    """The user; of an image, whose it is."""
    distance: float
    """0 where the histograms are equal, more where they are less alike."""
    image_id: str | UnsetType = UNSET
    """The image; absent where users were asked for."""


class SimilarView(msgspec.Struct, frozen=True):
    """The most similar users or images, nearest first; of those equally near, by ID."""

    metric: Metric
    """What the distances are."""
    items: list[SimilarItemView]
    compared: int | UnsetType = UNSET
    """With how many images the one was compared: the newest ones, where there are more than the
    service looks at. Absent where users were asked for: all are compared."""


def view_similar_users(nearest: Sequence[Neighbour], metric: Metric) -> SimilarView:
    """Show users that are near."""
    return SimilarView(metric, [SimilarItemView(one.id, one.distance) for one in nearest])


def view_similar_images(
    nearest: Sequence[SimilarImage], compared: int, metric: Metric
) -> SimilarView:
    """Show images that are near."""
    items = [SimilarItemView(one.user_id, one.distance, one.image_id) for one in nearest]
    return SimilarView(metric, items, compared)
