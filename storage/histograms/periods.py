"""A time range, and its bounds as UUIDv7 IDs and as quarter hours."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import numpy.typing as npt

from domain.statistics import QUARTER_MINUTES, name_quarter
from storage.catalog.image_search import EPOCH, MAX_ID_LEAD, clip_to_ids
from storage.clock import first_id_at

# The clocks of processes differ by about a second, and an ID is created after the time is read.
_MAX_ID_LAG = timedelta(minutes=1)


class Period(msgspec.Struct, frozen=True):
    """A time range, UTC; its end is excluded."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """A unique name of the range."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    @property
    def ids(self) -> tuple[str, str]:
        """Bounds of the IDs of images in the range; some other IDs are within them too."""
        first = max(clip_to_ids(self.start) - _MAX_ID_LAG, EPOCH)
        return first_id_at(first), first_id_at(clip_to_ids(self.end) + MAX_ID_LEAD)

    @property
    def quarters(self) -> tuple[str, str]:
        """The names of the first quarter of an hour, and of the first one after the range."""
        last = clip_to_ids(self.end) + timedelta(minutes=QUARTER_MINUTES, microseconds=-1)
        return name_quarter(clip_to_ids(self.start)), name_quarter(last)

    def holds(self, moments: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
        """Return which moments (UTC) are in the range."""
        start, end = (np.datetime64(of.replace(tzinfo=None)) for of in (self.start, self.end))
        within: npt.NDArray[np.bool_] = (moments >= start) & (moments < end)
        return within
