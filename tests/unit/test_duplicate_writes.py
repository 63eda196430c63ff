"""Writes that failed because their documents exist."""

import pytest
from pymongo.errors import BulkWriteError

from storage.mongo.duplicates import DUPLICATE_KEY, check_duplicates

EXISTS = {"index": 0, "code": DUPLICATE_KEY}
OTHER = {"index": 1, "code": 112}


def test_documents_that_exist_are_counted() -> None:
    assert check_duplicates(BulkWriteError({"writeErrors": [EXISTS, EXISTS]})) == 2


@pytest.mark.parametrize(
    "details",
    [
        {"writeErrors": [EXISTS, OTHER]},
        {"writeErrors": [], "writeConcernErrors": [{"code": 91}]},
        {"writeErrors": [EXISTS], "writeConcernErrors": [{"code": 91}]},
        {},
    ],
)
def test_all_else_is_an_error_also_a_write_that_is_not_durable(details: dict[str, object]) -> None:
    with pytest.raises(BulkWriteError):
        check_duplicates(BulkWriteError(details))
