"""The gate: whether a candidate may take the place of the live model."""

from domain.learning.metrics import Metrics

MOST_WORSE_IN_A_CLASS = 0.05
"""Of F1, 0 to 1: noise of a class with few images in the hold-out stays below it."""
_ROUNDING = 1e-9


def refuse_promotion(candidate: Metrics, live: Metrics | None) -> str | None:
    """Say why a candidate is not promoted by itself; None if it is.

    Args:
        candidate: Its metrics.
        live: Those of the live model on the same hold-out; None without one.
    """
    if live is None:
        return None
    if candidate.macro_f1 < live.macro_f1 - _ROUNDING:
        return (
            f"Its macro F1 is {candidate.macro_f1:.3f}, that of the live model "
            f"{live.macro_f1:.3f} on the same images."
        )
    for value, of_live in live.per_class.items():
        of_candidate = candidate.per_class.get(value)
        if of_candidate is None:
            return f"It does not know the class {value}."
        if of_candidate.f1 < of_live.f1 - MOST_WORSE_IN_A_CLASS - _ROUNDING:
            return (
                f"Its F1 of the class {value} is {of_candidate.f1:.3f}, that of the live model "
                f"{of_live.f1:.3f} on the same images."
            )
    return None
