"""On whose behalf something is done, as a command line or a line of a batch says it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError, did_you_mean

if TYPE_CHECKING:
    from interlock_dsl.program.model import Program


def held_scopes(scopes: str | None, program: "Program") -> frozenset[str] | None:
    """Return the scopes of `--scopes A,B` (None: every one). Raises `CommandError` for one that no tool needs."""
    if scopes is None:
        return None
    return known_scopes([each.strip() for each in scopes.split(",") if each.strip()], program)


def known_scopes(held: Sequence[str], program: "Program") -> frozenset[str]:
    """Return scopes as a set. Raises `CommandError` for one that no tool needs."""
    known = sorted({scope for tool in program.tools.values() for scope in tool.needs})
    for each in held:
        if each not in known:
            otherwise = "" if known else "none needs any"
            raise CommandError(f"no tool needs the scope `{each}`", did_you_mean(each, known, otherwise))
    return frozenset(held)
