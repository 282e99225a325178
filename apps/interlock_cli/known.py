"""Errors of the layers below that are a person's business: each becomes a message with what to do."""

import sys

from interlock_cli.exits import Exit
from interlock_cli.fault import Fault

HELP = {
    "JournalMissing": "`interlock run` makes one; `--project DIR` names the folder it is in",
    "JournalCorrupt": "`interlock verify` says how far it can be trusted",
    "Conflict": "`interlock show` tells where the run stands now; do the same again if it still waits for that",
    "DrivenElsewhere": "`interlock show` tells how far it is; when that process ends, `interlock resume` goes on",
    "UnknownRun": "`interlock runs` lists them",
    "ProgramMismatch": "a run keeps the program it began with; start a new one for the new files",
    "ToolsIncomplete": "`--tools` or `tools` in interlock.toml names the file with the functions",
    "Refused": "`interlock show` tells what the run waits for",
}
"""What to do, where the engine's own message does not say it."""


def explained(error: Exception) -> Fault | None:
    """Return the fault that an exception amounts to, or None when it is no one's business but ours."""
    if "interlock.errors" in sys.modules:
        from interlock.errors import InterlockError, Refused

        if isinstance(error, InterlockError):
            code = Exit.FINDINGS if isinstance(error, Refused) else Exit.FAULT
            return Fault(str(error), HELP.get(type(error).__name__, ""), code)
    if isinstance(error, UnicodeDecodeError):
        return Fault(f"a file is not UTF-8 text: {error.reason} at byte {error.start}")
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror[:1].lower() + error.strerror[1:]
        return Fault(f"cannot use `{error.filename}`: {said}" if error.filename else said)
    return None
