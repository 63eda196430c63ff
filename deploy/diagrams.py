"""``python -m deploy.diagrams``: render the diagrams of docs/architecture.md, or check them.

A picture carries the hash of its source. ``--check`` compares these hashes and needs no renderer.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
FOLDER = ROOT / "docs" / "diagrams"
BLOCK = re.compile(r"<!-- diagram: ([\w-]+) -->\n```mermaid\n(.*?)```", re.DOTALL)
MARK = "<!-- source: {} -->\n"
THEME = {
    "theme": "base",
    "themeVariables": {
        "fontFamily": "Helvetica, Arial, sans-serif",
        "fontSize": "15px",
        "primaryColor": "#eef3f8",
        "primaryBorderColor": "#3b6ea5",
        "primaryTextColor": "#1d2733",
        "lineColor": "#5b6b7b",
        "clusterBkg": "#fafbfc",
        "clusterBorder": "#c3ccd6",
        "noteBkgColor": "#fff6dd",
        "noteBorderColor": "#d9a520",
        "signalColor": "#3b6ea5",
        "sequenceNumberColor": "#ffffff",
    },
}


def main() -> int:
    """Render the diagrams whose source has changed; 1 if ``--check`` finds one of these."""
    sources = dict(BLOCK.findall(PAGE.read_text()))
    stale = {name: text for name, text in sources.items() if not _is_fresh(name, text)}
    unknown = {path.stem for path in FOLDER.glob("*.svg")} - set(sources)
    if "--check" in sys.argv[1:]:
        for name in sorted(stale.keys() | unknown):
            sys.stderr.write(f"docs/diagrams/{name}.svg differs from its source: make diagrams\n")
        return int(bool(stale or unknown))
    for name, text in stale.items():
        _render(name, text)
    for name in unknown:
        (FOLDER / f"{name}.svg").unlink()
    return 0


def _is_fresh(name: str, text: str) -> bool:
    picture = FOLDER / f"{name}.svg"
    return picture.exists() and picture.read_text().startswith(MARK.format(_hash(text)))


def _hash(text: str) -> str:
    return hashlib.sha256((text + json.dumps(THEME)).encode()).hexdigest()


def _render(name: str, text: str) -> None:
    """Render one diagram by the Mermaid command, in an installed Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("Rendering diagrams needs chromium on the PATH.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "theme.json").write_text(json.dumps(THEME))
        launch = {"executablePath": browser, "args": ["--no-sandbox"]}
        (place / "browser.json").write_text(json.dumps(launch))
        (place / "source.mmd").write_text(text)
        picture = place / "picture.svg"
        program = FOLDER / "node_modules" / ".bin" / "mmdc"
        files = {"-i": "source.mmd", "-c": "theme.json", "-p": "browser.json", "-o": picture.name}
        options = [part for option in files.items() for part in option]
        options += ["--backgroundColor", "white", "--quiet", "--svgId", name]
        subprocess.run([program, *options], check=True, cwd=place)
        (FOLDER / f"{name}.svg").write_text(MARK.format(_hash(text)) + picture.read_text() + "\n")


if __name__ == "__main__":
    sys.exit(main())
