"""Errors of the engine and of the operating system, as errors of the command line that say what to do."""

import sys

from interlock_cli.errors import CommandError
from interlock_cli.exit_codes import ExitCode

HELP = {
    "JournalMissing": "`interlock run` makes one; `--project DIR` names the folder it is in",
    "JournalCorrupt": "`interlock verify` says how far it can be trusted",
    "Conflict": "`interlock show` tells where the run stands now; do the same again if it still waits for that",
    "DrivenElsewhere": "`interlock show` tells how far it is; when that process ends, `interlock resume` goes on",
    "UnknownRun": "`interlock runs` lists them",
    "ProgramMismatch": "a run keeps the program it began with; start a new one for the new files",
    "AnsweredOtherwise": "`--change-answers` goes on so, and records it; without it the same answers go on",
    "ToolsIncomplete": "`--tools` or `tools` in interlock.toml names the file with the functions",
    "Refused": "`interlock show` tells what the run waits for",
}
"""What to do, where the engine's own message does not say it."""


def as_command_error(error: Exception) -> CommandError | None:
    """Return the error to show for an exception, or None where it is a defect of this program."""
    if "interlock.errors" in sys.modules:
        from interlock.errors import InterlockError, Refused

        if isinstance(error, InterlockError):
            code = ExitCode.FINDINGS if isinstance(error, Refused) else ExitCode.ERROR
            return CommandError(str(error), HELP.get(type(error).__name__, ""), code)
    if isinstance(error, UnicodeDecodeError):
        return CommandError(f"a file is not UTF-8 text: {error.reason} at byte {error.start}")
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror[:1].lower() + error.strerror[1:]
        return CommandError(f"cannot use `{error.filename}`: {said}" if error.filename else said)
    return None
