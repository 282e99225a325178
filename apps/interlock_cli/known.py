"""Errors of the layers below that are a person's business: each becomes a message with what to do."""

from interlock_cli.fault import Fault

HELP = {
    "JournalMissing": "`interlock run` makes one; `--project DIR` names the folder it is in",
    "JournalCorrupt": "`interlock verify` says how far it can be trusted",
    "Conflict": "someone else is working on this run; look with `interlock show` and try again",
    "JournalUnavailable": "",
    "UnknownRun": "`interlock runs` lists them",
    "UnknownProgram": "",
    "ProgramMismatch": "a run keeps the program it began with; start a new one for the new files",
    "InvalidInput": "",
    "ToolsIncomplete": "`--tools` or `tools` in interlock.toml names the module with the functions",
    "Refused": "`interlock show` tells what the run waits for",
}


def explained(error: Exception) -> Fault | None:
    """Return the fault that an exception amounts to, or None when it is no one's business but ours."""
    kind = type(error).__name__
    if type(error).__module__.startswith("interlock.") and kind in HELP:
        return Fault(str(error), HELP[kind])
    if isinstance(error, UnicodeDecodeError):
        return Fault(f"a file is not UTF-8 text: {error.reason} at byte {error.start}")
    if isinstance(error, OSError) and error.strerror:
        name = f" `{error.filename}`" if error.filename else ""
        return Fault(f"cannot use{name}: {error.strerror.lower()}" if name else error.strerror.lower())
    return None
