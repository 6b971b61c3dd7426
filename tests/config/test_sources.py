"""Files, environment variables and what a parent hands down."""

from __future__ import annotations

import pytest

from weft import config
from weft.config import sources
from weft.errors import ConfigError, ConfigWarning


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_later_files_win_and_the_environment_wins_over_files(tmp_path):
    first = written(tmp_path / "a" / "1.yaml", "log:\n  length: 1\narray:\n  chunk-size: 1 MiB\n").parent
    written(tmp_path / "a" / "2.yml", "log:\n  length: 2\n")
    written(tmp_path / "a" / "ignored.txt", "log: [")
    second = written(tmp_path / "b.yaml", "array:\n  chunk_size: 2 MiB\nmypackage: {x: [1, 2]}\n")
    tree = config.collect(paths=[first, second, tmp_path / "none"], env={"WEFT_LOG__LENGTH": "3"})
    assert tree == {"log": {"length": 3}, "array": {"chunk-size": "2 MiB"}, "mypackage": {"x": [1, 2]}}


def test_the_search_order_is_system_then_prefixes_then_user_then_weft_config(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    env = {"WEFT_ROOT_CONFIG": "/system", "WEFT_CONFIG": "/mine.yaml"}
    found = sources.find_paths(env)
    assert found[0] == "/system"
    assert found[-2:] == (str(tmp_path / "home" / ".config" / "weft"), "/mine.yaml")
    assert sources.find_paths({})[0] == "/etc/weft"
    assert sources.user_path({}) == str(tmp_path / "home" / ".config" / "weft")


def test_the_files_of_the_environment_are_read(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "system" / "x.yaml", "log: {length: 1}\nnum_workers: 5\n")
    written(tmp_path / ".config" / "weft" / "x.yaml", "log: {length: 2}\n")
    mine = written(tmp_path / "mine.yaml", "log: {length: 3}\n")
    env = {"WEFT_ROOT_CONFIG": str(tmp_path / "system"), "WEFT_CONFIG": str(mine)}
    config.refresh(env=env)
    assert config.get("log.length") == 3
    assert config.get("num_workers") == 5


def test_the_paths_follow_the_environment(monkeypatch):
    monkeypatch.setenv("WEFT_CONFIG", "/mine")
    assert config.PATH == "/mine"
    assert config.paths[-1] == "/mine"


def test_a_weft_config_that_does_not_exist_gives_a_warning(tmp_path):
    with pytest.warns(ConfigWarning, match="does not exist"):
        config.collect(env={"WEFT_CONFIG": str(tmp_path / "no.yaml"), "WEFT_ROOT_CONFIG": str(tmp_path)})


def test_a_file_with_an_unknown_option_is_an_error_that_names_file_and_nearest(tmp_path):
    file = written(tmp_path / "x.yaml", "memory:\n  bugdet: 4 GiB\n")
    with pytest.raises(ConfigError, match=rf"'memory.bugdet' in {file}.*'memory.budget'"):
        config.collect(paths=[file], env={})


def test_a_file_with_a_value_of_the_wrong_type_is_an_error_that_names_it(tmp_path):
    file = written(tmp_path / "x.yaml", "num_workers: many\n")
    with pytest.raises(ConfigError, match=rf"'num_workers' to 'many' in {file}"):
        config.collect(paths=[file], env={})


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "just text", "a: !!python/object:os.system {}"])
def test_a_file_that_is_no_mapping_in_yaml_is_an_error_that_names_it(tmp_path, text):
    file = written(tmp_path / "x.yaml", text)
    with pytest.raises(ConfigError, match=str(file)):
        config.collect_yaml([file])


def test_an_empty_file_says_nothing(tmp_path):
    assert config.collect_yaml([written(tmp_path / "x.yaml", "# nothing\n")]) == []


def test_variables_in_files_are_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCH", "/fast")
    file = written(tmp_path / "x.yaml", "spill: {directory: $SCRATCH/weft}\n")
    assert config.collect(paths=[file], env={}) == {"spill": {"directory": "/fast/weft"}}


@pytest.mark.parametrize(
    ("variable", "text", "tree"),
    [
        ("WEFT_SCHEDULER", "threads", {"scheduler": "threads"}),
        ("WEFT_SCHEDULER", "none", {"scheduler": None}),
        ("WEFT_NUM_WORKERS", "4", {"num_workers": 4}),
        ("WEFT_MEMORY__BUDGET", "0.5", {"memory": {"budget": 0.5}}),
        ("WEFT_MEMORY__BUDGET", "4 GiB", {"memory": {"budget": "4 GiB"}}),
        ("WEFT_OPTIMIZATION__FUSE__ACTIVE", "false", {"optimization": {"fuse": {"active": False}}}),
        ("WEFT_TOKENIZE__ENSURE_DETERMINISTIC", "True", {"tokenize": {"ensure-deterministic": True}}),
        ("WEFT_INTERNAL_ANYTHING", "1", {}),
        ("OTHER", "1", {}),
    ],
)
def test_a_variable_sets_the_option_it_names(variable, text, tree):
    assert config.collect_env({variable: text}) == tree


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("WEFT_ARRAY__CHUNKSIZE", "Did you mean WEFT_ARRAY__CHUNK_SIZE"),
        ("WEFT_NUM_WORKER", "Did you mean WEFT_NUM_WORKERS"),
        ("WEFT_ARRAY_CHUNK_SIZE", "Did you mean WEFT_ARRAY__CHUNK_SIZE"),
        ("WEFT_ZZZ", "$"),
    ],
)
def test_an_unknown_variable_gives_a_warning_that_names_the_nearest(variable, hint):
    with pytest.warns(ConfigWarning, match=f"{variable} is no option of Weft.*{hint}"):
        config.collect_env({variable: "1"})


def test_a_variable_below_a_registered_name_passes():
    config.update_defaults({"mypackage": {"a": 1}})
    config.refresh(paths=[], env={"WEFT_MYPACKAGE__A": "2"})
    assert config.get("mypackage.a") == 2


def test_a_variable_with_a_value_of_the_wrong_type_is_an_error_that_names_it():
    with pytest.raises(ConfigError, match="from the environment variable WEFT_NUM_WORKERS"):
        config.collect_env({"WEFT_NUM_WORKERS": "many"})


def test_what_a_parent_hands_down_wins_over_the_variables():
    handed = config.serialize({"log": {"length": 1}})
    assert config.collect_env({"WEFT_LOG__LENGTH": "2", "WEFT_INTERNAL_INHERIT_CONFIG": handed}) == {
        "log": {"length": 1}
    }


def test_what_is_no_plain_data_cannot_be_serialized():
    with pytest.raises(ConfigError, match="type object"):
        config.serialize({"scheduler": object()})


@pytest.mark.parametrize("text", ["", "!!!", "bm90IGpzb24=", "WzFd"])
def test_a_broken_serialized_configuration_is_an_error(text):
    with pytest.raises(ConfigError, match="serialized configuration"):
        config.deserialize(text)


def test_files_that_hold_a_key_are_found(tmp_path):
    file = written(tmp_path / "a.yaml", "array: {chunk_size: 1}\n")
    written(tmp_path / "b.yaml", "log: {length: 1}\n")
    assert list(config.paths_containing_key("array.chunk-size", [tmp_path])) == [file]


def test_a_default_file_is_copied_commented_out_and_never_overwritten(tmp_path):
    source = written(tmp_path / "mypackage.yaml", "# about\nmypackage:\n  a: 1\n\n")
    config.ensure_file(source, tmp_path / "user")
    copy = tmp_path / "user" / "mypackage.yaml"
    assert copy.read_text() == "# about\n# mypackage:\n#   a: 1\n\n"
    copy.write_text("mine")
    config.ensure_file(source, tmp_path / "user")
    assert copy.read_text() == "mine"
    config.ensure_file(source, tmp_path / "plain", comment=False)
    assert (tmp_path / "plain" / "mypackage.yaml").read_text() == source.read_text()


def test_a_default_file_that_cannot_be_written_gives_a_warning(tmp_path):
    source = written(tmp_path / "mypackage.yaml", "a: 1\n")
    with pytest.warns(ConfigWarning, match="cannot write"):
        config.ensure_file(source, source / "below-a-file")
