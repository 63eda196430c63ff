"""``python -m deploy.manifests.check``: checks deploy/chart in all its sizes, without a cluster.

Helm lints and renders it. Native resources are checked by the schemas of Kubernetes, those of KEDA
and of the Prometheus operator by their types. Promtool checks the alerts, and plays their tests.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.manifests.helm import CHART, HELM, ROOT, SIZES, render

BIN = Path(sys.executable).parent
ALERT_TESTS = ROOT / "tests" / "unit" / "deploy" / "alerts_test.yaml"
TSC = ROOT / "openapi" / "node_modules" / "typescript" / "bin" / "tsc"
MODELS = ROOT / "deploy" / "manifests" / "node_modules"
TSC_OPTIONS = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
]
VERSIONS = ("1.27", "1.37")
"""The oldest Kubernetes that the chart allows, and the newest that is known."""
PACKAGES = {
    "keda.sh/v1alpha1": "@kubernetes-models/keda",
    "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator",
}


def main() -> int:
    """Run all checks; 1 if one finds a mistake."""
    try:
        for size in SIZES:
            values = CHART / "sizes" / f"{size}.yaml"
            _run([HELM, "lint", "--strict", "--quiet", CHART, "--values", values])
        rendered = {size: render(size) for size in SIZES}
        _check_native(rendered)
        _check_custom(rendered)
        _check_alerts()
    except subprocess.CalledProcessError as error:
        print(f"failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    counts = (f"{size} {len(documents)}" for size, documents in rendered.items())
    print(f"chart: {', '.join(counts)} manifests are valid")
    return 0


def _check_native(rendered: dict[str, list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for size, documents in rendered.items():
            native = [one for one in documents if one["apiVersion"] not in PACKAGES]
            names.append(Path(folder) / f"{size}.yaml")
            names[-1].write_text(yaml.safe_dump_all(native))
        for version in VERSIONS:
            _run([BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *names])


def _check_custom(rendered: dict[str, list[dict[str, Any]]]) -> None:
    """Compile the resources as values of their types, which refuse unknown fields, and run them."""
    custom = [one for documents in rendered.values() for one in documents]
    custom = [one for one in custom if one["apiVersion"] in PACKAGES]
    kinds = {(PACKAGES[one["apiVersion"]], one["apiVersion"], one["kind"]) for one in custom}
    lines = [
        f'import {{ {kind}, type I{kind} }} from "{package}/{version}/{kind}";'
        for package, version, kind in sorted(kinds)
    ]
    for number, one in enumerate(custom):
        lines.append(f"const _{number}: I{one['kind']} = {json.dumps(one)};")
        lines.append(f"new {one['kind']}(_{number}).validate();")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "node_modules").symlink_to(MODELS)
        file = Path(folder) / "resources.mts"
        file.write_text("\n".join(lines))
        _run([BIN / "node", TSC, *TSC_OPTIONS, file])
        _run([BIN / "node", file])


def _check_alerts() -> None:
    if shutil.which("promtool") is None:
        print("alerts are not checked: promtool is not here (Debian: prometheus)")
        return
    _run(["promtool", "check", "rules", CHART / "alerts.yaml"])
    _run(["promtool", "test", "rules", ALERT_TESTS])


def _run(command: Sequence[str | Path]) -> None:
    """Run a program that prints what it finds.

    Raises:
        CalledProcessError: It found a mistake.
    """
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
