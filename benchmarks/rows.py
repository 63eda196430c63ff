"""A line of the table: a figure, its limit, and what it should reach."""

import msgspec


class Target(msgspec.Struct, frozen=True):
    """What a row should reach.

    Attributes:
        bound: The number to reach.
        of: ``figure`` or ``ratio``.
        at_most: Whether smaller is better.
    """

    bound: float
    of: str = "ratio"
    at_most: bool = False


class Row(msgspec.Struct, frozen=True):
    """One measured figure.

    Attributes:
        name: What was measured.
        figure: How much.
        unit: Of what, for figure and limit alike.
        limit: The best that this machine could do, measured in the same run.
        limit_name: What the limit is.
        target: What the figure, or its ratio to the limit, should reach.
        detail: Whether the row only says where the time of an earlier one went.
    """

    name: str
    figure: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    target: Target | None = None
    detail: bool = False

    @property
    def ratio(self) -> float | None:
        """Figure divided by limit."""
        return self.figure / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where there is none."""
        if self.target is None:
            return None
        measured = self.figure if self.target.of == "figure" else self.ratio
        if measured is None:
            return None
        if self.target.at_most:
            return measured <= self.target.bound
        return measured >= self.target.bound


class Section(msgspec.Struct, frozen=True):
    """The rows of one benchmark.

    Attributes:
        title: What was done, in one line.
        rows: What was found.
    """

    title: str
    rows: list[Row]
