"""New parameters come last: generated clients take them by position."""

from openapi.parameter_order import keep_order


def _document(*names: str) -> dict[str, object]:
    parameters = [{"in": "query", "name": name} for name in names]
    return {"paths": {"/things": {"get": {"operationId": "listThings", "parameters": parameters}}}}


def test_new_parameters_follow_those_of_the_committed_contract() -> None:
    document = _document("new", "b", "newer", "a")
    keep_order(document, _document("a", "gone", "b"))
    assert document == _document("a", "b", "new", "newer")


def test_parameters_of_a_new_operation_keep_the_order_of_the_code() -> None:
    document = _document("b", "a")
    keep_order(document, {"paths": {}})
    assert document == _document("b", "a")
