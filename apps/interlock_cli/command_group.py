"""The verbs as click commands, each imported when it is needed: the lazily loading group of click's documentation."""

from collections.abc import Mapping
from importlib import import_module
from typing import TypedDict

import click


class Settings(TypedDict):
    """The settings of every verb's context."""

    help_option_names: list[str]


SETTINGS: Settings = {"help_option_names": ["-h", "--help"]}


def command(name: str) -> click.Command:
    """Import a verb and return its command."""
    found: click.Command = import_module(f"interlock_cli.verbs.{name}").verb
    return found


class Verbs(click.Group):
    """All verbs, for completion in the shell. `names` maps each to what it does."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__("interlock")
        self._names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs in the order of the help."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command, or None if there is no such verb."""
        return command(cmd_name) if cmd_name in self._names else None
