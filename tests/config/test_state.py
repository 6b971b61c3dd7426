"""Reading and changing the global configuration."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft import config
from weft.config import state
from weft.errors import ConfigError, UnknownOptionError


def test_a_plain_call_takes_effect_at_once_and_stays():
    config.set({"array.chunk-size": "1 MiB"})
    assert config.get("array.chunk-size") == "1 MiB"


def test_a_context_is_in_force_inside_the_block_only():
    with config.set({"array.chunk-size": "1 MiB"}) as tree:
        assert tree is config.config
        assert config.value("array.chunk-size") == 2**20
    assert config.get("array.chunk-size") == "128 MiB"
    assert config.value("array.chunk-size") == 128 * 2**20


def test_keys_may_be_dotted_nested_or_keywords_and_hyphens_are_underscores():
    with config.set({"memory.budget": "1 GB", "array": {"chunk_size": "1 MB"}}, log__length=7, num_workers=3):
        assert config.get("memory.budget") == "1 GB"
        assert config.get("array.chunk-size") == "1 MB"
        assert config.get("log") == {"length": 7}
        assert config.get("num-workers") == 3
        assert config.config["array"]["chunk-size"] == "1 MB"


def test_a_mapping_leaves_weft_s_other_options_of_that_group_alone():
    with config.set({"processes": {"inline-size": 10}}):
        assert config.get("processes.start-method") == "spawn"


def test_a_mapping_replaces_what_another_package_had_there():
    config.set({"mypackage": {"a": 1, "resources": {"GPU": 1}}})
    with config.set({"mypackage.resources": {"CPU": 2}}):
        assert config.get("mypackage") == {"a": 1, "resources": {"CPU": 2}}
    assert config.get("mypackage") == {"a": 1, "resources": {"GPU": 1}}


def test_nothing_is_changed_when_one_of_the_changes_is_wrong():
    with pytest.raises(ConfigError):
        config.set({"array.chunk-size": "1 MiB", "memory.budget": "lots"})
    assert config.get("array.chunk-size") == "128 MiB"


def test_set_takes_a_mapping_only():
    with pytest.raises(ConfigError, match="give a mapping"):
        config.set("memory.budget")


def test_a_block_ends_with_what_it_made_gone_and_what_others_made_there():
    with config.set({"mypackage.one": 1}):
        config.set({"mypackage.two": 2})
    assert config.get("mypackage") == {"two": 2}
    with config.set({"other.deep.down": 1}):
        pass
    assert config.get("other", None) is None


def test_a_block_that_ends_by_an_error_is_taken_back_too():
    with pytest.raises(ZeroDivisionError), config.set(num_workers=3):
        raise ZeroDivisionError
    assert config.get("num_workers") is None


def test_blocks_that_overlap_in_two_threads_each_take_back_their_own():
    first, second = config.set({"log.length": 1}), config.set({"log.length": 2})
    first.__exit__(None, None, None)
    assert config.get("log.length") == 2
    second.__exit__(None, None, None)
    assert config.get("log.length") == 1_000_000


keys = st.sampled_from(["mypackage", "mypackage.a", "mypackage.a.b", "mypackage.c", "log.length"])
values = st.integers(0, 9)


@given(st.lists(st.tuples(keys, values), max_size=6), st.randoms(use_true_random=False))
def test_blocks_ending_in_any_order_leave_what_there_was(changes, random):
    before = config.merge(config.config)
    running = []
    for key, value in changes:
        running.append(config.set({key: value}))
    random.shuffle(running)
    while running:
        running.pop().__exit__(None, None, None)
    assert config.config == before


def test_what_one_thread_sets_all_see():
    thread = threading.Thread(target=config.set, kwargs={"log__length": 5})
    thread.start()
    thread.join()
    assert config.value("log.length") == 5


def test_many_threads_with_blocks_leave_what_there_was():
    def work(number):
        for _ in range(50):
            with config.set({"log.length": number, f"mypackage.n{number}": number}):
                assert config.get(f"mypackage.n{number}") == number
                config.value("log.length")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert config.value("log.length") == 1_000_000
    assert config.get("mypackage", None) is None


def test_get_gives_copies_of_groups():
    config.get("memory")["budget"] = "changed"
    assert config.get("memory.budget") == "60%"


def test_override_with_comes_first_unless_none():
    assert config.get("num_workers", override_with=7) == 7
    assert config.get("log.length", override_with=None) == 1_000_000


def test_get_can_look_into_a_mapping_of_the_callers():
    assert config.get("a.b-c", config={"a": {"b_c": 3}}) == 3
    with pytest.raises(UnknownOptionError, match="nothing has set it"):
        config.get("a.x", config={"a": {"b": 3}})


def test_a_missing_key_of_another_package_is_an_error_without_a_default():
    config.set({"mypackage.colour": 1})
    assert config.get("mypackage.color", None) is None
    with pytest.raises(KeyError, match=r"Did you mean 'mypackage\.colour'"):
        config.get("mypackage.color")


def test_a_popped_option_falls_back_to_its_default():
    config.set(log__length=3)
    assert config.pop("log.length") == 3
    assert config.get("log.length") == 1_000_000
    assert config.value("log.length") == 1_000_000
    assert config.pop("mypackage.a", 4) == 4
    with pytest.raises(KeyError):
        config.pop("mypackage.a")


def test_another_package_registers_its_defaults():
    config.set({"mypackage.a": 5})
    config.update_defaults({"mypackage": {"a": 1, "b": 2}})
    assert config.get("mypackage") == {"a": 5, "b": 2}
    config.update_defaults({"mypackage": {"b": 3}})
    assert config.get("mypackage.b") == 3
    config.refresh(paths=[], env={})
    assert config.get("mypackage") == {"a": 1, "b": 3}
    assert len(config.defaults) == 3


def test_a_registered_name_may_look_like_one_of_weft_s():
    config.update_defaults({"arrays": 1})
    config.set(arrays=2)
    assert config.get("arrays") == 2


def test_defaults_may_not_invent_options_of_weft_s():
    with pytest.raises(ConfigError, match=r"cannot set 'memory.colour' among defaults"):
        config.update_defaults({"memory": {"colour": 1}})


def test_refresh_forgets_what_was_set_and_a_running_block_ends_quietly():
    with config.set({"log.length": 3}):
        config.refresh(paths=[], env={"WEFT_LOG__LENGTH": "5"})
        assert config.value("log.length") == 5
    assert config.value("log.length") == 5


def test_a_refresh_that_fails_changes_nothing():
    config.set(log__length=3)
    with pytest.raises(ConfigError):
        config.refresh(paths=[], env={"WEFT_LOG__LENGTH": "many"})
    assert config.get("log.length") == 3


def test_old_keys_lead_to_new_ones_with_a_warning(monkeypatch):
    monkeypatch.setitem(config.deprecations, "old-name", "log.length")
    monkeypatch.setitem(config.deprecations, "gone", None)
    with pytest.warns(FutureWarning, match=r"'old_name' is now called 'log.length'"):
        config.set(old_name=3)
    assert config.get("log.length") == 3
    with pytest.warns(FutureWarning, match="is now called"):
        assert config.get("old-name") == 3
    with pytest.raises(ConfigError, match="no successor"):
        config.set(gone=3)


def test_rename_moves_what_stands_under_old_keys():
    config.set({"mypackage.old": 3})
    with pytest.warns(FutureWarning, match="is now called"):
        config.rename({"mypackage.old": "mypackage.new"})
    assert config.get("mypackage") == {"new": 3}


def test_a_child_process_sees_what_its_parent_saw():
    config.set({"log.length": 3, "mypackage.a": [1, 2], "scheduler": object()})
    child = state._State()
    parent, state._state = state._state, child
    try:
        config.refresh(paths=[], env={**dict.fromkeys(["WEFT_LOG__LENGTH"], "9"), **_environment(parent)})
        assert config.value("log.length") == 3
        assert config.get("mypackage.a") == [1, 2]
        assert config.get("scheduler") is None
    finally:
        state._state = parent


def _environment(parent):
    current, state._state = state._state, parent
    try:
        return config.child_environment()
    finally:
        state._state = current


def test_importing_and_reading_needs_no_yaml_where_there_are_no_files(tmp_path):
    script = "import sys; from weft import config; config.get('log.length'); print('yaml' in sys.modules)"
    env = {"HOME": str(tmp_path), "WEFT_ROOT_CONFIG": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    assert subprocess.check_output([sys.executable, "-c", script], text=True, env=env).strip() == "False"


def test_the_module_lists_only_what_it_has():
    assert all(hasattr(config, name) for name in config.__all__)
    with pytest.raises(AttributeError, match="colour"):
        config.colour  # noqa: B018


def test_the_version_is_another_one_after_a_change_and_the_same_after_the_way_back():
    before = state.version()
    with config.set({"array.chunk-size": "64 MiB"}):
        changed = state.version()
        assert changed is not before
        assert config.value("array.chunk-size") == 64 * 2**20
        with config.set({"array.chunk-size": "1 MiB", "mypackage.option": [1, {"b": None}]}):
            assert state.version() is not changed
            assert config.value("array.chunk-size") == 2**20
        assert state.version() is changed
    assert state.version() is before
    with config.set({"array.chunk-size": "64 MiB"}):
        assert state.version() is changed


def test_states_that_hold_more_than_data_are_not_remembered():
    with config.set({"mypackage.pool": object()}):
        first = state.version()
    with config.set({"mypackage.pool": True}):
        second = state.version()
    with config.set({"mypackage.pool": 1}):
        assert len({id(each) for each in (first, second, state.version())}) == 3


def test_many_states_leave_no_trace(monkeypatch):
    before = state.version()
    for size in range(1, 3 * state.STATES):
        with config.set({"array.chunk-size": size}):
            assert config.value("array.chunk-size") == size
    assert len(state._state.known) <= state.STATES
    assert state.version() is before


def test_keys_are_taken_out_of_a_tree_that_is_given():
    tree = {"ours": {"a": 1, "b": 2}}
    assert config.pop("ours.a", config=tree) == 1
    assert tree == {"ours": {"b": 2}}
    assert config.pop("ours.a", None, tree) is None
    with pytest.raises(UnknownOptionError):
        config.pop("ours.a", config=tree)


def test_keys_of_a_tree_that_is_given_are_renamed():
    tree = {"old": {"name": 3}, "kept": 1}
    with pytest.warns(match="old.name"):
        moved = config.rename({"old.name": "new.name", "other": "name"}, tree)
    assert moved == {"old.name": "new.name"}
    assert tree == {"kept": 1, "new": {"name": 3}}
