"""Items of files that were refused."""

from domain.jobs import Status
from domain.records import ItemError, refused_item


def test_every_cell_of_a_refused_file_has_failed_for_its_reason() -> None:
    error = ItemError("empty_file", "The file is empty")
    item = refused_item(3, "a.jpg", error, ("metadata", "faces"))
    assert (item.index, item.filename, item.status) == (3, "a.jpg", Status.FAILED)
    assert (item.image_id, item.duplicate_of, item.error) == (None, None, error)
    assert list(item.cells) == ["metadata", "faces"]
    assert {(cell.status, cell.version) for cell in item.cells.values()} == {(Status.FAILED, None)}
    assert {cell.error for cell in item.cells.values()} == {error}
