"""The command ``minilab`` without a service: its help, its completion, its variables."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import product
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import minilab_client.models
from api.settings import Settings
from cli.groups import SESSION_OPTIONS
from cli.main import minilab
from cli.options import ID, Named
from cli.variables import KNOWN, find_misspelled
from domain.settings import variables_of
from tests.service import REPOSITORY

TESTS = "".join(
    file.read_text()
    for place in ("integration", "e2e")
    for file in (REPOSITORY / "tests" / place).glob("*.py")
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]|\\b")


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the words that call each command, groups included."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


def find(path: tuple[str, ...]) -> click.Command:
    """Find a command by its words."""
    command: click.Command | None = minilab
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    return command


COMMANDS = list(walk(minilab))
LEAVES = [
    path
    for path in COMMANDS
    if not isinstance(find(path), click.Group) and path[:1] != ("admin",)  # Another name.
]


def call(*arguments: str, **variables: str) -> Result:
    ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("MINILAB")}
    return CliRunner().invoke(minilab, arguments, env=ours | variables, prog_name="minilab")


def test_help_lists_exit_codes_a_line_each() -> None:
    lines = call("--help").output.splitlines()
    codes = lines[lines.index("  Exit codes:") + 1 :]
    assert [line.split()[0] for line in codes[:6]] == ["0", "1", "2", "3", "4", "130"]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = call(*path, "--help")
    assert shown.exit_code == 0
    assert _CONTROL.findall(shown.output) == []
    assert max(map(len, shown.output.splitlines())) <= 110
    command = find(path)
    assert command.get_short_help_str(limit=200).endswith((".", ")"))
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_shows_an_example_that_it_understands(path: tuple[str, ...]) -> None:
    epilog = find(path).epilog or find(path).help or ""
    lines = [line.strip() for line in epilog.splitlines() if "minilab " in line]
    assert [line for line in lines if "minilab " + " ".join(path) in line]


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_is_run_by_a_test_and_prints_json(path: tuple[str, ...]) -> None:
    words = r",\s*".join(f'"{word}"' for word in path)
    assert re.search(words, TESTS) or path == ("completion",), "no test runs this command"
    names = {name for parameter in find(path).params for name in parameter.opts}
    assert "--json" in names or path[0] in {"backup", "restore", "completion"}


def named_parameters() -> Iterator[tuple[str, Named]]:
    for path in LEAVES:
        for parameter in find(path).params:
            if isinstance(parameter.type, Named):
                yield f"{' '.join(path)} {parameter.name}", parameter.type


@pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in named_parameters()])
def test_choices_are_those_of_the_contract(kind: Named) -> None:
    members: Any = getattr(minilab_client.models, kind.enumeration)
    known = {member.value for member in members}
    unchosen = {
        "EventType": {"webhook.test", "webhook.disabled"},  # Always sent.
        "WebhookStatus": {"disabled"},  # Set by the service alone.
    }.get(kind.enumeration, set())
    assert known - unchosen == set(kind.choices)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("uplaod", "a.jpg"), "minilab upload"),
        (("image", "list"), "minilab images"),
        (("webhooks", "deliverys"), "minilab webhooks deliveries"),
        (("jobs", "cancle", "x"), "minilab jobs cancel"),
    ],
)
def test_typo_in_a_command_names_the_right_one(typed: tuple[str, ...], meant: str) -> None:
    ended = call(*typed)
    assert ended.exit_code == 2
    assert f"Did you mean `{meant}`?" in ended.stderr


def paths_with_an_id() -> Iterator[tuple[str, ...]]:
    for path in LEAVES:
        if any(re.search("_ids?$", parameter.name or "") for parameter in arguments_of(path)):
            yield path


def arguments_of(path: tuple[str, ...]) -> list[click.Argument]:
    return [given for given in find(path).params if isinstance(given, click.Argument)]


@pytest.mark.parametrize("path", list(paths_with_an_id()), ids=" ".join)
def test_what_is_no_id_is_wrong_usage(path: tuple[str, ...]) -> None:
    """As of a variable that is not set; the route would be another one."""
    for wrong, value in product(arguments_of(path), ("", " ", "..")):
        given = [value if argument is wrong else "x" for argument in arguments_of(path)]
        ended = call(*path, *given, MINILAB_URL="http://127.0.0.1:1", MINILAB_API_KEY="x")
        assert ended.exit_code == 2, ended.output
        expected = "it is empty" if not value.strip() else f"{value!r} is not an ID"
        named = (wrong.name or "").upper()
        assert re.search(rf"Invalid value for '\W*{named}\W*': {expected}", ended.stderr)


def test_options_of_ids_take_ids() -> None:
    for path in LEAVES:
        for option in find(path).params:
            if option.opts[0] in {"--link-id", "--similar-to", "--image-id", "--job-id"}:
                assert option.type is ID, (path, option.opts)


@pytest.mark.parametrize(
    "words",
    [
        ("--url", "photos.example", "images", "list"),
        ("--url=photos.example", "--json", "images", "list", "--limit", "3"),
        ("images", "--json", "--url", "photos.example", "show", "--", "-x"),
        ("--json", "webhooks", "--url", "photos.example", "deliveries", "list", "x"),
    ],
    ids=" ".join,
)
def test_options_of_every_command_may_stand_before_it(words: tuple[str, ...]) -> None:
    ended = call(*words, MINILAB_URL="http://127.0.0.1:1", MINILAB_API_KEY="x")
    assert "the address 'photos.example' must begin with http://" in ended.stderr


def test_options_that_may_stand_before_a_command_are_those_of_a_session() -> None:
    for parameter in find(("images", "list")).params[-3:]:
        assert isinstance(parameter, click.Option)
        assert SESSION_OPTIONS[parameter.opts[0]] == int(not parameter.is_flag)
    assert len(SESSION_OPTIONS) == 3


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("--limit", "5", "images", "list"), "`minilab COMMAND --limit`"),
        (("images", "--min-faces", "2", "list"), "`minilab images COMMAND --min-faces`"),
    ],
)
def test_option_before_its_command_is_told_where_to_stand(
    words: tuple[str, ...], right: str
) -> None:
    ended = call(*words)
    assert (ended.exit_code, right in ended.stderr) == (2, True), ended.stderr


def test_help_needs_no_command() -> None:
    assert "Exit codes:" in call("--url", "http://photos.example", "--help").output


def test_typo_in_an_option_names_the_right_one() -> None:
    assert "--min-faces" in call("images", "list", "--min-face", "1").stderr


def test_words_of_other_tools_and_earlier_versions_work() -> None:
    for words in (
        ("admin", "keys", "create"),
        ("statistics",),
        ("readiness",),
        ("images", "search"),
    ):
        assert call(*words, "--help").exit_code == 0, words


def test_misspelled_variable_is_reported() -> None:
    ended = call("completion", "bash", MINILAB_APIKEY="x", MINILAB_ULR="http://x")
    assert "MINILAB_APIKEY is unknown. Did you mean MINILAB_API_KEY?" in ended.stderr
    assert "MINILAB_ULR is unknown. Did you mean MINILAB_URL?" in ended.stderr


def test_settings_of_the_service_are_not_taken_for_misspelled_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in variables_of(Settings):
        monkeypatch.setenv(name, "x")
    assert find_misspelled() == {}
    assert len(KNOWN) == 5


def test_address_without_scheme_is_wrong_usage() -> None:
    ended = call("stats", MINILAB_URL="photos.example", MINILAB_API_KEY="x")
    assert ended.exit_code == 2
    assert "Did you mean http://photos.example?" in ended.stderr


def test_what_cannot_be_undone_is_confirmed() -> None:
    for words in (("images", "delete", "x"), ("users", "delete", "u1")):
        ended = call(*words, MINILAB_URL="http://127.0.0.1:1", MINILAB_API_KEY="x")
        assert (ended.exit_code, "--yes" in ended.stderr) == (2, True)


def complete(shell: str, words: str, *, code: str = "pass") -> str:
    """Complete in a process of its own, as a shell does."""
    last = words.rsplit(" ", maxsplit=1)[-1]
    count = str(len(words.split(" ")) - 1)
    variables = {
        "_MINILAB_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": last if shell == "fish" else count,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk/python")]),
    }
    program = f"import sys; from cli.__main__ import main; {code}; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(shell: str) -> None:
    script = call("completion", shell)
    assert script.exit_code == 0
    assert "_MINILAB_COMPLETE" in script.output
    assert "upload" in complete(shell, "minilab up")


def test_completion_loads_no_client() -> None:
    """The client takes a fifth of a second to load, and a shell completes while somebody types."""
    report = (
        "import atexit; atexit.register(lambda: print('loaded', "
        "sorted({'httpx', 'minilab_client', 'standardwebhooks', 'asyncio'} & set(sys.modules))))"
    )
    for words in ("minilab ", "minilab webhooks listen --e", "minilab images list --format "):
        printed = complete("bash", words, code=report)
        assert "loaded []" in printed
        assert len(printed.splitlines()) > 1


def test_package_has_the_licence_of_the_service() -> None:
    assert (REPOSITORY / "cli/LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()


def test_version_is_that_of_the_service() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert call("--version").output.split() == ["minilab", project["version"]]
    assert importlib.util.find_spec("cli") is not None
