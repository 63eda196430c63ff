"""What the chart promises: settings that are read, confined pods, secrets by name only."""

import subprocess
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import api.settings
import tasks.delivery.settings
import tasks.learning.settings
import tasks.settings
from deploy.manifests.helm import CHART, HELM, SIZES, render
from domain.settings import variables_of
from storage.settings import StoreSettings, WorkRules

pytestmark = pytest.mark.slow

SECRETS = {
    "MINILAB_ADMIN_KEY": "an-admin-key-of-forty-characters-or-more",
    "MINILAB_SECRET_KEY": "a-secret-key-of-forty-characters-or-more",
    "MINILAB_MONGODB_URL": "mongodb://mongo/?replicaSet=rs0",
    "MINILAB_REDIS_URL": "redis://redis",
}
OF_PREPARE = {*variables_of(StoreSettings), *variables_of(WorkRules)}


@pytest.fixture(scope="module")
def sizes() -> dict[str, list[dict[str, Any]]]:
    if not HELM.exists():
        pytest.skip("needs helm: make check brings it")
    return {size: render(size) for size in SIZES}


def pods(manifests: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the specification of the pods of each workload, by its component."""
    for one in manifests:
        spec = one.get("spec", {})
        spec = spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec
        if "template" in spec:
            yield one["metadata"]["labels"]["app.kubernetes.io/component"], spec["template"]["spec"]


def variables(pod: dict[str, Any]) -> dict[str, str]:
    (container,) = pod["containers"]
    secret = {
        one["name"]: one["valueFrom"]["secretKeyRef"]
        for one in container["env"]
        if "valueFrom" in one
    }
    assert all(name == source["key"] for name, source in secret.items())
    return {one["name"]: one.get("value") or SECRETS[one["name"]] for one in container["env"]}


@pytest.mark.parametrize("size", SIZES)
def test_each_process_reads_its_variables_and_knows_all_of_them(
    sizes: dict[str, list[dict[str, Any]]], size: str
) -> None:
    kinds: dict[str, tuple[Any, type[msgspec.Struct]]] = {
        "api": (api.settings.read_settings, api.settings.Settings),
        "analytics": (api.settings.read_settings, api.settings.Settings),
        "worker": (tasks.settings.read_settings, tasks.settings.Settings),
        "deliverer": (tasks.delivery.settings.read_settings, tasks.delivery.settings.Settings),
        "learner": (tasks.learning.settings.read_settings, tasks.learning.settings.Settings),
    }
    seen = dict(pods(sizes[size]))
    for component in seen.keys() - {"backup", "prepare"}:
        read, kind = kinds[component]
        given = variables(seen[component])
        assert given.keys() <= variables_of(kind), component
        assert read(given) is not None
    assert variables(seen["prepare"]).keys() & OF_PREPARE


@pytest.mark.parametrize("size", SIZES)
def test_every_pod_is_confined_bounded_and_knows_no_more_secrets_than_it_needs(
    sizes: dict[str, list[dict[str, Any]]], size: str
) -> None:
    needed = {
        "api": {"MINILAB_ADMIN_KEY", "MINILAB_SECRET_KEY"},
        "deliverer": {"MINILAB_SECRET_KEY"},
    }
    needed["analytics"] = needed["api"]
    for component, pod in pods(sizes[size]):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
        assert all(
            volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume
        )
        secrets = {one["name"] for one in container["env"] if "valueFrom" in one}
        stores = {"MINILAB_MONGODB_URL", "MINILAB_REDIS_URL"}
        backup = {"MINILAB_BACKUP_URL"}
        assert secrets == (
            backup if component == "backup" else stores | needed.get(component, set())
        )


@pytest.mark.parametrize("size", SIZES)
def test_learning_is_on_everywhere_or_nowhere(
    sizes: dict[str, list[dict[str, Any]]], size: str
) -> None:
    seen = {
        component: variables(pod).get("MINILAB_LEARNING")
        for component, pod in pods(sizes[size])
        if component in {"api", "analytics", "worker"}
    }
    is_on = size == "learning"
    assert ("learner" in dict(pods(sizes[size]))) is is_on
    assert set(seen.values()) == {"true" if is_on else None}


@pytest.mark.parametrize("size", SIZES)
def test_what_is_scaled_and_protected_is_there(
    sizes: dict[str, list[dict[str, Any]]], size: str
) -> None:
    manifests = sizes[size]
    deployments = {one["metadata"]["name"]: one for one in manifests if one["kind"] == "Deployment"}
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]
        for one in manifests
        if one["kind"] == "ScaledObject"
    }
    budgets = {one["metadata"]["name"] for one in manifests if one["kind"] == "PodDisruptionBudget"}
    assert budgets == deployments.keys()
    for name, deployment in deployments.items():
        # A number of replicas would undo what the autoscaler did at each upgrade.
        assert ("replicas" in deployment["spec"]) == (name not in scaled)
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    for spec in scaled.values():
        wanted = [t["metadata"]["desiredReplicas"] for t in spec["triggers"] if t["type"] == "cron"]
        assert all(int(number) <= spec["maxReplicaCount"] for number in wanted)
        assert spec["minReplicaCount"] >= 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("settings.MINILAB_ADMIN_KEY=secret", "MINILAB_ADMIN_KEY"),
        ("api.replica=2", "additional properties 'replica'"),
        ("scaling.worker.min=0", "minimum"),
        ("existingSecret=", "minLength"),
    ],
)
def test_wrong_values_are_refused(
    sizes: dict[str, list[dict[str, Any]]], value: str, message: str
) -> None:
    assert sizes
    command = [str(HELM), "template", "minilab", str(CHART), "--set", value]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
