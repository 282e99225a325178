"""The tools of an MCP server that a command starts and that speaks over standard input and output."""

import asyncio
import shlex
import shutil
import tempfile
from typing import Final, TextIO

from interlock_cli.errors import CommandError
from interlock_cli.starting.found import FoundTool

PATIENCE: Final = 30.0
"""Seconds that a server has to start and to list its tools."""


def mcp_tools(command: str) -> list[FoundTool]:
    """Start the server, return what tools it lists, and stop it.

    Raises CommandError if the SDK is not installed, the command cannot be started, fails, or does not answer in time.
    """
    try:
        from interlock.adapters.mcp_tools import server_tools
    except ImportError as error:
        raise CommandError("the MCP SDK is not installed", "`pip install 'interlock[mcp]'` installs it") from error
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CommandError(f"`{command}` is no command: {error}", "quote it for the shell") from error
    if not words or shutil.which(words[0]) is None:
        raise CommandError(f"there is no command `{words[0] if words else ''}`", "`--mcp` takes what starts the server")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            listed = asyncio.run(asyncio.wait_for(server_tools(words, said), PATIENCE))
        except TimeoutError as error:
            help = _last(said) or "it has to speak MCP over standard input and output"
            raise CommandError(f"the server did not list its tools within {PATIENCE:g} s", help) from error
        except Exception as error:
            help = _last(said) or "it has to speak MCP over standard input and output"
            raise CommandError(f"the server did not list its tools: {_reason(error)}", help) from error
    if not listed:
        raise CommandError("the server has no tools", "")
    return [FoundTool(tool.name, tool.description, tool.parameters, tool.result, tool.hints) for tool in listed]


def _last(said: TextIO) -> str:
    said.seek(0)
    lines = [line.strip() for line in said.read(1 << 20).splitlines() if line.strip()]
    return f"it said: {lines[-1][:300]}" if lines else ""


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__
