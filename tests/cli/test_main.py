"""The command ``weft``: help, version, exit codes, plug-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import weft as package
from weft.cli import main as module
from weft.cli.main import COMMANDS, main
from weft.errors import ConfigError, InvariantError

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def with_plugins(tmp_path: Path) -> Callable[[str], str]:
    """Install packages that bring plug-ins, from the text of their entry points; gives the PYTHONPATH to see them."""

    def install(*entry_points: str) -> str:
        site = tmp_path / "site"
        site.mkdir()
        for number, lines in enumerate(entry_points, 1):
            info = site / f"extra{number}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: extra{number}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[weft_cli]\n{lines}\n")
        (site / "extra_commands.py").write_text(
            "import click\n\n@click.command()\ndef greet():\n    click.echo('hello')\n\nnothing = 3\n"
        )
        (site / "extra_broken.py").write_text("raise RuntimeError('this package is broken')\n")
        return os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])

    return install


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_all_commands(weft: Run, option: str):
    result = weft(option)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: weft [OPTIONS] COMMAND")
    assert all(f"\n  {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "config set", "info versions"])
def test_every_command_has_help(weft: Run, command: str):
    result = weft(*command.split(), "--help")

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Usage: weft {command}")


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["config", "--help"], ["info", "versions"]])
def test_help_imports_nothing_heavy(arguments: list[str]):
    code = (
        "import sys; from weft.cli.main import main; main(sys.argv[1:], standalone_mode=False); "
        "heavy = {'numpy', 'pandas', 'pyarrow', 'matplotlib', 'rich', 'yaml', 'psutil', 'cloudpickle', 'tqdm'}; "
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "heavy: []"


def test_the_version_is_the_packages(weft: Run):
    result = weft("--version")

    assert (result.returncode, result.stdout) == (0, f"weft, version {package.__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["--unknown"], ["config"], ["config", "get"], ["info", "--x"]])
def test_a_wrong_call_exits_with_two(weft: Run, arguments: list[str]):
    result = weft(*arguments)

    assert result.returncode == 2
    assert result.stderr.startswith("Usage: weft")


def test_what_the_user_can_mend_is_told_without_a_traceback(weft: Run):
    result = weft("config", "get", "memory.budgte")

    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "'memory.budget'" in result.stderr
    assert "Traceback" not in result.stderr


def test_notes_of_an_error_are_told(monkeypatch: pytest.MonkeyPatch):
    error = ConfigError("cannot do this.")
    error.add_note("It was tried in line 3.")
    monkeypatch.setattr(module.Commands, "get_command", lambda self, ctx, name: failing(error))

    result = CliRunner().invoke(main, ["fail"])

    assert (result.exit_code, result.output) == (1, "Error: cannot do this.\nIt was tried in line 3.\n")


@pytest.mark.parametrize("error", [InvariantError("books"), ZeroDivisionError("x")], ids=repr)
def test_a_defect_keeps_its_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module.Commands, "get_command", lambda self, ctx, name: failing(error))

    result = CliRunner().invoke(main, ["fail"])

    assert result.exit_code == 1
    assert result.exception is error


def failing(error: Exception) -> click.Command:
    def callback() -> None:
        raise error

    return click.Command("fail", callback=callback)


def test_a_plugin_is_listed_and_runs(weft: Run, with_plugins: Callable[..., str]):
    path = with_plugins("greet = extra_commands:greet")

    assert "greet  From extra1." in weft("--help", PYTHONPATH=path).stdout
    result = weft("greet", PYTHONPATH=path)
    assert (result.returncode, result.stdout) == (0, "hello\n")


def test_a_broken_plugin_harms_only_its_own_command(weft: Run, with_plugins: Callable[..., str]):
    path = with_plugins("broken = extra_broken:command")

    assert weft("--help", PYTHONPATH=path).returncode == 0
    assert weft("info", "versions", PYTHONPATH=path).returncode == 0
    result = weft("broken", PYTHONPATH=path)
    assert result.returncode == 1
    assert "plug-in 'broken' (extra_broken:command) of extra1: RuntimeError: this package is broken" in result.stderr


def test_a_plugin_that_is_no_command_is_told(weft: Run, with_plugins: Callable[..., str]):
    result = weft("odd", PYTHONPATH=with_plugins("odd = extra_commands:nothing"))

    assert result.returncode == 1
    assert "extra_commands:nothing is of type int, and must be a click command" in result.stderr


def test_two_plugins_of_one_name_are_told(weft: Run, with_plugins: Callable[..., str]):
    path = with_plugins("greet = extra_commands:greet", "greet = extra_commands:greet")

    result = weft("greet", PYTHONPATH=path)

    assert result.returncode == 1
    assert "several packages bring one of that name" in result.stderr
    assert "extra1" in result.stderr
    assert "extra2" in result.stderr


def test_a_plugin_cannot_take_the_place_of_a_command(weft: Run, with_plugins: Callable[..., str]):
    path = with_plugins("info = extra_commands:greet")

    assert '"weft"' in weft("info", "versions", PYTHONPATH=path).stdout
    assert "extra1" not in weft("--help", PYTHONPATH=path).stdout
