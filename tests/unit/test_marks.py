from itertools import permutations

import pytest

from domain.errors.requests import InvalidValue
from domain.marks import (
    MAX_ATTRIBUTES,
    MAX_TAGS,
    Marks,
    MarksChange,
    change_marks,
    parse_marks,
    read_marks,
    wanted_marks,
)

MARKS = Marks("id:1", ("a", "b:c"), {"room": "kitchen: left", "a.b": "1"})


def test_marks_survive_storing() -> None:
    assert read_marks(MARKS.stored) == MARKS
    assert read_marks([]) == Marks()
    assert Marks().stored == []


def test_a_form_gives_marks() -> None:
    given = parse_marks("order-1", " a, b ,,a,", '{"room": "kitchen", "draft": ""}')
    assert given == Marks("order-1", ("a", "b"), {"room": "kitchen"})
    assert parse_marks(None, None, None) == Marks()


def test_empty_values_remove_and_missing_ones_stay() -> None:
    assert change_marks(MARKS, MarksChange()) == MARKS
    change = MarksChange("", tags=(), attributes={"room": ""})
    assert change_marks(MARKS, change) == Marks(None, (), {"a.b": "1"})
    change = MarksChange(add_tags=("d", "a"), remove_tags=("b:c", "x"), attributes={"n": "2"})
    changed = Marks("id:1", ("a", "d"), {"room": "kitchen: left", "a.b": "1", "n": "2"})
    assert change_marks(MARKS, change) == changed


def test_changes_of_different_marks_commute() -> None:
    changes = [
        MarksChange("other"),
        MarksChange(add_tags=("new",)),
        MarksChange(remove_tags=("a",)),
        MarksChange(attributes={"k": "v"}),
    ]
    results = []
    for order in permutations(changes):
        marks = MARKS
        for change in order:
            marks = change_marks(marks, change)
        results.append(marks)
    assert all(marks == results[0] for marks in results)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (MarksChange("x" * 256), "external_id"),
        (MarksChange("a\0b"), "external_id"),
        (MarksChange(" a"), "external_id"),
        (MarksChange(tags=("x" * 65,)), "tags"),
        (MarksChange(tags=("a,b",)), "tags"),
        (MarksChange(tags=("",)), "tags"),
        (MarksChange(add_tags=tuple(f"t{at}" for at in range(MAX_TAGS + 1))), "tags"),
        (MarksChange(attributes={"k" * 41: "v"}), "attributes"),
        (MarksChange(attributes={"a:b": "v"}), "attributes"),
        (MarksChange(attributes={"$k": "v"}), "attributes"),
        (MarksChange(attributes={"k": "v" * 501}), "attributes.k"),
        (MarksChange(attributes={"k": "a\nb"}), "attributes.k"),
        (MarksChange(attributes={f"k{at}": "v" for at in range(MAX_ATTRIBUTES + 1)}), "attributes"),
    ],
)
def test_bounds_are_named(change: MarksChange, named: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^{named}: "):
        change_marks(Marks(), change)


def test_the_largest_marks_are_taken() -> None:
    largest = Marks(
        "ü" * 255,
        tuple(f"{at:02}" + "👨‍👩‍👧"[:1] * 62 for at in range(MAX_TAGS)),
        {f"{at:02}" + "k" * 38: "v" * 500 for at in range(MAX_ATTRIBUTES)},
    )
    change = MarksChange(largest.external_id, largest.tags, attributes=largest.attributes)
    assert change_marks(Marks(), change) == largest


@pytest.mark.parametrize("text", ["[]", "1", '{"a": 1}', '{"a": null}', "{", '{"a": {"b": "c"}}'])
def test_attributes_are_an_object_of_strings(text: str) -> None:
    with pytest.raises(InvalidValue, match="JSON object"):
        parse_marks(None, None, text)


def test_deep_attributes_are_refused() -> None:
    with pytest.raises(InvalidValue, match="JSON object"):
        parse_marks(None, None, "[" * 100_000)


def test_a_search_names_stored_marks() -> None:
    wanted = wanted_marks("id:1", ["a", "a"], ["room:kitchen: left"])
    assert set(wanted) < set(MARKS.stored)
    assert len(wanted) == 3
    assert wanted_marks(None, None, None) == ()
    with pytest.raises(InvalidValue, match="key:value"):
        wanted_marks(None, None, ["room"])
