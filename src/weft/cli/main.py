"""The command ``weft``, which finds its sub-commands by name and imports only the one that is called.

Weft's own sub-commands stand in a table of import paths. Other packages add theirs in the entry-point group
``weft_cli``, as click commands, in their ``pyproject.toml``::

    [project.entry-points.weft_cli]
    greet = "mypackage.commands:greet"

``weft --help`` lists both and imports no plug-in, so that a broken one harms only its own command. The exit code is 0
for success, 1 for failure and 2 for a wrong call.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

import weft
from weft.errors import InvariantError, SchedulerStuckError, WeftError

__all__ = ["main"]

#: Weft's own sub-commands: the name, and the module and attribute of a click command. The modules import little.
COMMANDS = {
    "cluster": "weft.cli.cluster:cluster",
    "config": "weft.cli.config:config",
    "demo": "weft.demo.command:demo",
    "info": "weft.cli.info:info",
}

PLUGIN_GROUP = "weft_cli"


class Commands(click.Group):
    """A group of the commands in the table and of the plug-ins; a plug-in cannot take the name of one in the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *(plugin.name for plugin in entry_points(group=PLUGIN_GROUP))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return load_plugin(cmd_name)
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; of plug-ins only where they come from, since they are not imported."""
        own = [(name, command) for name in COMMANDS if (command := self.get_command(ctx, name))]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(90)) for name, command in own])
        plugins = [plugin for plugin in entry_points(group=PLUGIN_GROUP) if plugin.name not in COMMANDS]
        if plugins:
            with formatter.section("Plug-ins"):
                formatter.write_dl([(plugin.name, f"From {origin(plugin)}.") for plugin in plugins])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user can mend is told in a sentence, a defect of Weft with its traceback."""
        try:
            return super().invoke(ctx)
        except (InvariantError, SchedulerStuckError, BrokenPipeError):
            raise
        except (WeftError, OSError) as error:
            raise click.ClickException("\n".join([str(error), *getattr(error, "__notes__", ())])) from error


def load_plugin(name: str) -> click.Command | None:
    """The plug-in of that name, or None; ClickException when it cannot be used."""
    plugins = list(entry_points(group=PLUGIN_GROUP, name=name))
    if not plugins:
        return None
    if len(plugins) > 1:
        raise click.ClickException(
            f"cannot run the plug-in {name!r}: several packages bring one of that name: "
            f"{', '.join(map(origin, plugins))}. Uninstall all but one."
        )
    try:
        command = plugins[0].load()
    except Exception as error:
        raise click.ClickException(
            f"cannot load the plug-in {name!r} ({plugins[0].value}) of {origin(plugins[0])}: "
            f"{type(error).__name__}: {error}. Update or uninstall that package."
        ) from error
    if not isinstance(command, click.Command):
        raise click.ClickException(
            f"cannot run the plug-in {name!r} of {origin(plugins[0])}: {plugins[0].value} is of type "
            f"{type(command).__name__}, and must be a click command."
        )
    return command


def origin(plugin: EntryPoint) -> str:
    """The package that brings a plug-in, or its import path where that is not known."""
    return plugin.dist.name if plugin.dist else plugin.value


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(weft.__version__, prog_name="weft")
def main() -> None:
    """Parallel computing for Python: arrays, dataframes, delayed functions and futures on one scheduler."""
