"""Schemas of similar users and images."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from domain.histograms.nearest import Neighbour, SimilarImage
from domain.histograms.similarity import Metric


class SimilarItemView(msgspec.Struct, frozen=True):
    """A similar user or image."""

    user_id: str
    """The user, or the user of the image."""
    distance: float
    """0 if the histograms are equal; the greater, the less similar they are."""
    image_id: str | UnsetType = UNSET
    """The image; absent in a list of users."""


class SimilarView(msgspec.Struct, frozen=True):
    """The most similar users or images, nearest first; ties are ordered by ID."""

    metric: Metric
    """The metric of the distances."""
    items: list[SimilarItemView]
    compared: int | UnsetType = UNSET
    """Number of images that were compared: the newest ones, if there are more than the service
    compares. Absent in a list of users, which compares all of them."""


def view_similar_users(nearest: Sequence[Neighbour], metric: Metric) -> SimilarView:
    """Convert similar users."""
    return SimilarView(metric, [SimilarItemView(one.id, one.distance) for one in nearest])


def view_similar_images(
    nearest: Sequence[SimilarImage], compared: int, metric: Metric
) -> SimilarView:
    """Convert similar images."""
    items = [SimilarItemView(one.user_id, one.distance, one.image_id) for one in nearest]
    return SimilarView(metric, items, compared)
