"""Pages of the documentation: their commands as shell sessions, and the output that they show.

A page is run from top to bottom in one shell. An HTML comment before a block says more about it:
``<!-- not run: REASON -->``, or ``<!-- keeps: JOB_ID=id IMAGE_ID=items.0.image_id -->`` for values
that a reader takes from an answer by hand. ``<!-- example -->`` before a document says that no
command printed it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.service import REPOSITORY

ADDRESS = "127.0.0.1:8000"
"""The address of the service in the documentation."""
PAGE_SECONDS = 400
RUN = {"sh", "python"}
OUTPUTS = {"", "json"}
_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n+)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$|(?P<heading>^#+ )",
    re.DOTALL | re.MULTILINE,
)
# What differs each time, in texts without blanks. Where an example has one, any other may be.
_CHANGING = [
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    r"(?<=/v1/content/)[\w.~-]+",
    r"(?<=/v1/events/)[\w.~-]+",
    r"(?<=/v1/results/)[\w.~-]+",
    r"ml[kl]_[\w-]+…?",
    r"whsec_[\w+/=-]+",
    r"msg_\w+",
    r"\b[0-9a-f]{32,64}\b",
    r"\d{4}-\d\d-\d\d(?:T?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?",
    r"\b\d\d:\d\d:\d\d\b",
    r"\b[\d.]+s\b",
    r"(?<=retry-after:)\d+",
]
_ANY = re.compile("|".join(f"(?P<change{n}>{one})" for n, one in enumerate(_CHANGING)) + "|…")
_KEEP = """
import json, re, sys
text, path = open(sys.argv[1]).read(), sys.argv[2].split(".")
value = json.JSONDecoder().raw_decode(text[re.search(r"^[{]", text, re.M).start():])[0]
for part in path:
    value = value[int(part)] if part.isdigit() else value[part]
print(value)
"""


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        place: Page and line.
        note: The comment before it.
        output: What the page shows as its output.
    """

    place: str
    language: str
    text: str
    note: str
    output: str | None = None

    @property
    def reason(self) -> str | None:
        """Why it is not run; None if it is."""
        kind, _, reason = self.note.partition(": ")
        return reason if kind == "not run" else None

    @property
    def keeps(self) -> dict[str, str]:
        """Variables, and where in the output their values are."""
        kind, _, pairs = self.note.partition(": ")
        return dict(pair.split("=") for pair in pairs.split()) if kind == "keeps" else {}


def find_pages() -> list[Path]:
    """List the pages whose blocks are checked, in the order in which they are run."""
    top = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    others = [*(REPOSITORY / "docs").glob("*.md"), *(REPOSITORY / "docs/examples").rglob("*.md")]
    return [*top, *sorted(others), REPOSITORY / "openapi/README.md"]


def read_blocks(page: Path) -> list[Block]:
    """Read the blocks of a page, each with its output: the next one before a heading."""
    text = page.read_text()
    blocks: list[Block] = []
    may_be_output = False
    for found in _FENCE.finditer(text):
        if found["heading"]:
            may_be_output = False
            continue
        line = text.count("\n", 0, found.start("text"))
        place = f"{page.relative_to(REPOSITORY)}:{line}"
        block = Block(place, found["language"], found["text"], found["note"] or "")
        if may_be_output and block.language in OUTPUTS and not block.note:
            before = blocks.pop()
            block = Block(before.place, before.language, before.text, before.note, block.text)
        may_be_output = block.language in RUN and block.output is None
        blocks.append(block)
    return blocks


def run_page(page: Path, folder: Path, address: str, environ: Mapping[str, str]) -> list[str]:
    """Run the blocks of a page in one shell.

    Args:
        page: The page.
        folder: Where the commands run.
        address: Host and port of the service.
        environ: The variables of the shell.

    Returns:
        What is wrong: a command that failed, output that differs.
    """
    blocks = [block for block in read_blocks(page) if block.language in RUN and not block.reason]
    if shutil.which("jq") is None:
        blocks = [block for block in blocks if "jq " not in block.text]
    if not blocks:
        return []
    outputs = folder / "outputs" / page.stem
    outputs.mkdir(parents=True)
    script = "set -euo pipefail\nset -a\n" + "".join(
        _commands(block, outputs / str(number)) for number, block in enumerate(blocks)
    )
    done = subprocess.run(
        ["bash", "-c", script.replace(ADDRESS, address)],
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        timeout=PAGE_SECONDS,
        check=False,
    )
    return list(_compare(blocks, outputs, address, has_failed=done.returncode != 0))


def _commands(block: Block, output: Path) -> str:
    text = block.text
    if block.language == "python":
        text = f"python - <<'END-OF-PROGRAM'\n{text}END-OF-PROGRAM\n"
    kept = "".join(
        f'{name}=$("{sys.executable}" -ISc \'{_KEEP}\' "{output}.out" {path})\n'
        for name, path in block.keeps.items()
    )
    return f'exec >"{output}.out" 2>"{output}.err"\n{text}{kept}'


def _compare(
    blocks: list[Block], outputs: Path, address: str, *, has_failed: bool
) -> Iterator[str]:
    for number, block in enumerate(blocks):
        out, err = (outputs / f"{number}.{kind}" for kind in ("out", "err"))
        is_last = not (outputs / f"{number + 1}.out").exists()
        if has_failed and is_last:
            yield f"{block.place} fails:\n{block.text}{out.read_text()}{err.read_text()}"
            return
        shown, printed = (block.output or "…").replace(ADDRESS, address), out.read_text()
        said = err.read_text()
        # A terminal shows both, and in which order cannot be seen in two files.
        if not any(is_output(shown, text) for text in (printed, said + printed, printed + said)):
            yield f"{block.place} shows:\n{shown}\nand prints:\n{printed}{said}"


def is_output(shown: str, printed: str) -> bool:
    """Say whether a command printed what a page shows.

    Blanks do not count. `…` stands for anything, and an ID, a time or a token for any other one.
    Of the headers of an answer those are compared that are shown. Bars of progress are for
    terminals only.
    """
    shown, printed = (
        re.sub(r"^.*━.*\n", "", text, flags=re.MULTILINE) for text in (shown, printed)
    )
    if shown.startswith("HTTP/"):
        head, _, shown = shown.partition("\n\n")
        printed_head, _, printed = printed.replace("\r\n", "\n").partition("\n\n")
        headers = printed_head.splitlines()
        if not all(any(_matches(a, b) for b in headers) for a in head.splitlines()):
            return False
    return _matches(shown, printed)


def _matches(shown: str, printed: str) -> bool:
    shown, printed = "".join(shown.split()), "".join(printed.split())
    pattern, end = "", 0
    for found in _ANY.finditer(shown):
        pattern += re.escape(shown[end : found.start()])
        kind = found.lastgroup
        pattern += _CHANGING[int(kind.removeprefix("change"))] if kind else ".*?"
        end = found.end()
    return re.fullmatch(pattern + re.escape(shown[end:]), printed, re.DOTALL) is not None


def shell_environment(folder: Path, data: Path, port: int) -> dict[str, str]:
    """Make a folder for commands, and their variables.

    `KEY` is the admin key and `URL` the address. An answer that is a problem ends the page.
    """
    (folder / ".curlrc").write_text('silent\nshow-error\nfail\nnoproxy = "*"\n')
    (folder / ".minilab").symlink_to(data)
    (folder / "docs").symlink_to(REPOSITORY / "docs")
    shutil.copy(REPOSITORY / "docs/examples/portrait.jpg", folder)
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY / "sdk/python"),
        "HOME": str(folder),
        "CURL_HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "140",
        "NO_PROXY": "*",
        "MINILAB_URL": f"http://127.0.0.1:{port}",
        "KEY": (data / "admin_key").read_text().strip(),
        "URL": f"http://127.0.0.1:{port}",
    }
