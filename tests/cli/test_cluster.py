"""``weft cluster``, and the deployment files that the documentation offers."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import weft
from weft.cli import cluster as cluster_module
from weft.cli.cluster import cluster

pytest.importorskip("ray")

FILES = Path(weft.__file__).parents[2] / "docs" / "howto" / "cluster"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What Ray's command would have been called with."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        calls.append(command[3:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(cluster_module.subprocess, "run", run)
    return calls


def test_a_head_is_started_and_nodes_join(called):
    result = CliRunner().invoke(cluster, ["start", "--num-cpus", "2", "--object-store-memory", "1 GiB"])
    assert result.exit_code == 0, result.output
    assert called == [
        ["start", "--disable-usage-stats", "--head", "--port=6379", "--num-cpus=2", f"--object-store-memory={1 << 30}"]
    ]
    assert CliRunner().invoke(cluster, ["start", "--address", "head:6379"]).exit_code == 0
    assert called[1] == ["start", "--disable-usage-stats", "--address=head:6379"]


def test_a_cluster_is_looked_at_and_stopped(called):
    for arguments in (["status"], ["stop"], ["stop", "--force"]):
        assert CliRunner().invoke(cluster, arguments).exit_code == 0
    assert called == [["status"], ["stop"], ["stop", "--force"]]


def test_ray_s_failure_is_ours(monkeypatch):
    monkeypatch.setattr(cluster_module.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 3))
    assert CliRunner().invoke(cluster, ["status"]).exit_code == 3


@pytest.mark.parametrize("name", ["ssh", "aws"])
def test_what_ray_up_reads_fits_its_schema(name):
    jsonschema = pytest.importorskip("jsonschema")
    import json

    import ray

    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(yaml.safe_load((FILES / f"{name}.yaml").read_text()), schema)


def test_the_kuberay_manifest_has_the_structure_of_a_ray_cluster():
    manifest = yaml.safe_load((FILES / "kuberay.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayCluster")
    spec = manifest["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    for group in groups:
        assert isinstance(group["rayStartParams"], dict)
        assert all({"name", "image", "resources"} <= set(each) for each in group["template"]["spec"]["containers"])
    for group in spec["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]


def test_the_slurm_script_is_a_shell_script():
    assert subprocess.run(["bash", "-n", str(FILES / "slurm.sh")], check=False).returncode == 0
