"""Rows of the table: a figure, its limit, and its target."""

import msgspec


class Target(msgspec.Struct, frozen=True):
    """The goal of a row.

    Attributes:
        bound: The number to reach.
        of: ``figure``, ``ratio`` (to the limit) or ``peer_ratio``.
        at_most: Whether smaller is better.
    """

    bound: float
    of: str = "ratio"
    at_most: bool = False


class Row(msgspec.Struct, frozen=True):
    """One measured figure.

    Attributes:
        name: The thing that was measured.
        figure: The measured value.
        unit: The unit of figure and limit.
        limit: The best value that this machine could reach, measured in the same run.
        limit_name: A description of the limit.
        target: The goal of the figure, or of its ratio to the limit.
        detail: Whether the row only explains an earlier one.
        peer: The same figure of the peer, measured in the same run.
    """

    name: str
    figure: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    target: Target | None = None
    detail: bool = False
    peer: float | None = None

    @property
    def ratio(self) -> float | None:
        """Figure divided by limit."""
        return self.figure / self.limit if self.limit else None

    @property
    def peer_ratio(self) -> float | None:
        """Figure divided by the peer's."""
        return self.figure / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without a target."""
        if self.target is None:
            return None
        measured = {"figure": self.figure, "ratio": self.ratio, "peer_ratio": self.peer_ratio}[
            self.target.of
        ]
        if measured is None:
            return None
        if self.target.at_most:
            return measured <= self.target.bound
        return measured >= self.target.bound


class Section(msgspec.Struct, frozen=True):
    """The rows of one benchmark.

    Attributes:
        title: A description of the benchmark, in one line.
        rows: Its figures.
        measured_on: The day, ``YYYY-MM-DD``; empty before it is known.
    """

    title: str
    rows: list[Row]
    measured_on: str = ""


def figure_at_most(bound: float) -> Target:
    """Make the target of a figure that should be small."""
    return Target(bound, of="figure", at_most=True)
