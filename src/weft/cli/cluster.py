"""``weft cluster``: start, look at and stop a Ray cluster on this machine; thin over Ray's own command."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from weft.extras import import_required
from weft.units import parse_bytes

__all__ = ["cluster", "ray_command"]


def ray_command(*arguments: str) -> list[str]:
    """Ray's own command, of this interpreter."""
    return [sys.executable, "-m", "ray.scripts.scripts", *arguments]


def run_ray(*arguments: str) -> None:
    """Run Ray's command; its exit code is ours if it fails."""
    import_required("ray", 'weft cluster needs the package ray. Install it with: pip install "weft[ray]"')
    environment = {"RAY_USAGE_STATS_ENABLED": "0", **os.environ}
    code = subprocess.run(ray_command(*arguments), env=environment, check=False).returncode
    if code:
        raise click.exceptions.Exit(code)


@click.group()
def cluster() -> None:
    """Start, look at and stop a Ray cluster on this machine."""


@cluster.command()
@click.option("--address", help="Join the cluster at host:port; without it this machine becomes a head.")
@click.option("--port", type=int, default=6379, show_default=True, help="Where the head listens.")
@click.option("--num-cpus", type=click.IntRange(min=0), help="Tasks at a time; the machine's cores by default.")
@click.option("--object-store-memory", help='Memory for results, such as "2 GiB".')
@click.option("--resources", help="What this node offers besides, as JSON: '{\"licence\": 2}'.")
def start(
    address: str | None, port: int, num_cpus: int | None, object_store_memory: str | None, resources: str | None
) -> None:
    """Make this machine the head of a cluster, or have it join one."""
    arguments = ["start", "--disable-usage-stats"]
    arguments += [f"--address={address}"] if address else ["--head", f"--port={port}"]
    if num_cpus is not None:
        arguments.append(f"--num-cpus={num_cpus}")
    if object_store_memory is not None:
        arguments.append(f"--object-store-memory={parse_bytes(object_store_memory)}")
    if resources is not None:
        arguments.append(f"--resources={resources}")
    run_ray(*arguments)
    click.echo('Programs on this machine connect with Client("auto", engine="ray").')


@cluster.command()
@click.option("--address", help="Of the cluster; the one that this machine is a part of by default.")
def status(address: str | None) -> None:
    """Tell of nodes and what they are asked for."""
    run_ray("status", *([f"--address={address}"] if address else []))


@cluster.command()
@click.option("--force", is_flag=True, help="Kill what does not end by itself.")
def stop(force: bool) -> None:
    """End all of Ray on this machine."""
    run_ray("stop", *(["--force"] if force else []))
