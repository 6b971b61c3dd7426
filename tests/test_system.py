"""What the process may use, read from this machine and from file trees that imitate containers."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from weft import system


def container(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_the_cores_are_at_most_those_of_the_affinity_mask():
    assert 1 <= system.cpu_count() <= len(os.sched_getaffinity(0))
    assert system.cpu_count() == system.CPU_COUNT


def test_an_affinity_mask_lowers_the_core_count():
    mask = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})"
    script = f"{mask}; import weft.system as s; print(s.CPU_COUNT)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "1"


def test_a_version_2_quota_is_the_lowest_of_the_group_and_those_around_it(tmp_path):
    root = container(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pod/box\n",
            "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
            "sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/pod/box/memory.max": "max\n",
            "sys/fs/cgroup/pod/memory.max": "1073741824\n",
        },
    )
    assert system._cgroup_cpus(root) == 1.5
    assert system._cgroup_memory(root) == 2**30


def test_a_version_1_quota_is_read_from_each_controllers_tree(tmp_path):
    root = container(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
        },
    )
    assert system._cgroup_cpus(root) == 2
    assert system._cgroup_memory(root) == 2**29


def test_a_quota_of_minus_one_is_no_quota(tmp_path):
    root = container(
        tmp_path,
        {
            "proc/self/cgroup": "3:cpu,cpuacct:/\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
    )
    assert system._cgroup_cpus(root) == math.inf


def test_without_control_groups_nothing_is_limited(tmp_path):
    assert system._cgroup_cpus(tmp_path) == math.inf
    assert system._cgroup_memory(tmp_path) == math.inf


def test_an_address_space_limit_lowers_the_memory_limit():
    script = (
        "import resource as r; r.setrlimit(r.RLIMIT_AS, (2**31, -1)); import weft.system as s; print(s.memory_limit())"
    )
    assert int(subprocess.check_output([sys.executable, "-c", script], text=True)) <= 2**31


def test_memory_used_grows_with_what_is_held():
    script = (  # in a process of its own: this one may have freed memory to spare
        "from weft import system; before = system.memory_used(); held = b'x' * 50_000_000; "
        "print(system.memory_used() - before > len(held) * 0.8)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "True\n"


def test_shares_of_memory_are_counted_and_a_dead_process_is_an_error():
    assert 0 < system.pss() <= system.memory_used() * 1.2
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(ProcessLookupError, match="there is none"):
        system.pss(child.pid)


def test_system_needs_no_psutil_on_linux():
    script = "import sys, weft.system as s; s.memory_limit(); s.memory_used(); s.pss(); print('psutil' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"


def test_free_disk_takes_a_path_that_is_not_there_yet(tmp_path):
    assert system.free_disk(tmp_path / "a" / "b") > 0


def test_a_module_that_is_still_being_imported_is_not_loaded(tmp_path, monkeypatch):
    """What another thread imports has not all of its names yet."""
    (tmp_path / "half_made.py").write_text("from weft.system import loaded\nseen = loaded(__name__)\n")
    monkeypatch.syspath_prepend(tmp_path)
    import half_made

    assert half_made.seen is None
    assert system.loaded("half_made") is half_made


def test_bytes_of_results_are_counted_while_they_are_filled():
    before = system.given_nbytes()
    system.count_given(100)
    system.count_given(-30)
    assert system.given_nbytes() == before + 70
    system.count_given(-70)
