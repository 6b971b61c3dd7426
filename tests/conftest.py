"""What all tests share."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code. The same examples are drawn every time, so that a
# run says something of the change and not of the draw; HYPOTHESIS_PROFILE=search looks for others.
settings.register_profile("weft", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "weft"))

# Tests leave nothing in the user's directories.
os.environ.setdefault("WEFT_ARRAY__JIT_DIRECTORY", "False")

# A shell that starts this in the background has it ignore Ctrl-C, and what it starts, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Any]:
    """One local Ray for all tests that need it: two nodes with a CPU each, and small object stores."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        cluster.client_port = free.getsockname()[1]
    for options in ({"ray_client_server_port": cluster.client_port}, {}):
        cluster.add_node(
            num_cpus=1, object_store_memory=200 << 20, resources={"licence": 2}, include_dashboard=False, **options
        )
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()
