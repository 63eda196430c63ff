import pytest

from domain.archive_names import MAX_NAME_BYTES, ArchiveNames, safe_name


def test_each_file_has_a_name_of_its_own() -> None:
    names = ArchiveNames()
    given = [names.give(name) for name in ("a.jpg", "a.jpg", "A.JPG", "a (2).jpg", "a.jpg", "b")]
    assert given == ["a.jpg", "a (2).jpg", "A (3).JPG", "a (2) (2).jpg", "a (4).jpg", "b"]


def test_names_that_systems_take_for_equal_differ() -> None:
    names = ArchiveNames()
    given = [names.give(name) for name in ("é.jpg", "e\u0301.jpg", "É.jpg", "manifest.json")]
    assert given[0] == "é.jpg"
    assert [name.rpartition(" ")[2] for name in given[1:]] == ["(2).jpg", "(3).jpg", "(2).json"]


def test_thousands_of_equal_names_are_given_quickly() -> None:
    names = ArchiveNames()
    assert len({names.give("image.jpg") for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("../../etc/passwd", ".._._etc_passwd"),
        ("..\\a.jpg", ".._a.jpg"),
        ("C:\\a.jpg", "C__a.jpg"),
        ("/a.jpg", "_a.jpg"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        ("a.jpg. ", "a.jpg"),
        ("con", "_con"),
        ("LPT1.jpg", "_LPT1.jpg"),
        ("COM¹.jpg", "_COM¹.jpg"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("日本語.heic", "日本語.heic"),
    ],
)
def test_names_are_safe(filename: str, expected: str) -> None:
    assert safe_name(filename) == expected


def test_long_names_are_cut_before_their_ending() -> None:
    for name in ("日" * 255 + ".jpeg", "x" * 300, "x." + "y" * 300):
        safe = safe_name(name)
        assert len(safe.encode()) <= MAX_NAME_BYTES
        assert safe.encode()
    assert safe_name("日" * 255 + ".jpeg").endswith("日.jpeg")
