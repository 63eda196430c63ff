"""What schemathesis is told in its own process: how bytes are sent, which cases repeat others."""

from collections import Counter
from typing import Any

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario

# It knows how to send bytes, by another name of their type.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

WRONG_TYPES_OF_A_VALUE = 2
"""The tool has five for each; a service that reads one of them reads no other."""
_sent: Counter[tuple[object, ...]] = Counter()


@schemathesis.hook
def filter_case(context: HookContext, case: "Case[Any]") -> bool:
    """Leave out what differs from a case before it by one more wrong type of the same value."""
    data = case.meta.phase.data if case.meta else None
    if not isinstance(data, CoveragePhaseData) or data.scenario != CoverageScenario.INCORRECT_TYPE:
        return True
    value = case.operation.label, data.parameter_location, data.parameter, data.location
    _sent[value] += 1
    return _sent[value] <= WRONG_TYPES_OF_A_VALUE
