"""The help of the command ``minilab`` as a terminal shows it."""

from click.testing import CliRunner

from cli.main import minilab


def test_help_lists_exit_codes_a_line_each() -> None:
    lines = CliRunner().invoke(minilab, ["--help"]).output.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("    ")] == list("01234")
    assert not any("\\b" in line for line in lines)
