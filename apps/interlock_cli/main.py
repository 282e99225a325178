"""`interlock VERB ...`: finds the verb, runs it, and turns what goes wrong into one clear message and an exit code.

Start-up is part of the interface: this file imports nothing beyond `sys`, `os` and `gc` until it knows the verb, and a
verb imports only what it needs, inside its functions where that is expensive.
"""

import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.exit_codes import ExitCode

VERBS = {
    "Write": {
        "new": "make a small project that works",
        "check": "say what is wrong with a file before it runs",
        "fix": "put right what has one right edit",
        "diff": "say what a change permits that was not permitted, and the reverse",
        "explain": "say what a diagnostic code means",
        "fmt": "put files into the one format",
        "graph": "draw a workflow",
        "test": "run the tests written in the files, without a model",
        "compile": "write a program to one file that loads without the compiler",
    },
    "Run": {
        "decide": "say whether an agent may make a call, and why",
        "run": "start a workflow and follow it",
        "approve": "agree to exactly what a run asks for",
        "deny": "refuse it",
        "answer": "answer a question a run puts to a person",
        "signal": "tell a run that an event it waits for has come",
        "resume": "take a run up again after it stopped",
        "cancel": "call a run off",
    },
    "Look back": {
        "runs": "list the runs",
        "show": "tell what a run did, and why",
        "replay": "decide everything again and say whether anything differs",
        "verify": "check that the journal has not been tampered with",
        "ledger": "list what is used of limits beyond one run",
        "schema": "print the JSON Schema of what is read and printed",
    },
}
"""Every verb, in the order of the help: its group, its name (and its file in `verbs`), what it does."""

NAMES = {verb: help for group in VERBS.values() for verb, help in group.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program with `argv` (without the program's name; default: the process's own) and exit."""
    # What a compiler makes stays: looking for garbage in it every 700 objects would take a third of the time.
    gc.set_threshold(500_000)
    code = run(list(sys.argv[1:] if argv is None else argv))
    gc.freeze()  # nor is it looked through once more at the end
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run one command line and return its exit code."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a stream cannot show is written as an escape, and is no error
            stream.reconfigure(errors="backslashreplace")
    try:
        if "_INTERLOCK_COMPLETE" in os.environ:
            return _complete()
        if not args or args[0] in ("-h", "--help", "help"):
            return _help(args[1:])
        if args[0] in ("-V", "--version", "version"):
            from interlock_cli.version import version

            print(f"interlock {version()}")
            return ExitCode.CLEAN
        return _verb(args[0], args[1:])
    except CommandError as error:
        return _say(error.message, error.help, error.code)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the descriptor is replaced so that the flush at exit is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CLEAN
    except (KeyboardInterrupt, EOFError):
        return _say("interrupted", code=130)
    except Exception as error:
        return _surprise(error)


def _open_closed_streams() -> None:
    """Open the null device for each standard stream that was closed, so that no file takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _verb(name: str, args: list[str]) -> int:
    if name not in NAMES:
        hint = "`interlock --help` lists the verbs"
        raise CommandError(f"there is no verb `{name}`", did_you_mean(name, list(NAMES), hint))
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        raise CommandError("the current folder does not exist any more", "change to one that does") from None
    import click

    from interlock_cli.command_group import SETTINGS, command

    verb = command(name)
    try:
        with verb.make_context(f"interlock {name}", args, **SETTINGS) as context:
            code: object = verb.invoke(context)
    except click.exceptions.Exit as exit:  # after `--help`
        return exit.exit_code
    except click.UsageError as error:
        help = f"`interlock {name} --help` shows what it takes"
        if isinstance(error, click.NoSuchOption):
            known = [option for each in verb.params for option in (*each.opts, *each.secondary_opts)]
            wanted = error.option_name
            raise CommandError(f"there is no option `{wanted}`", did_you_mean(wanted, known, help)) from error
        raise CommandError(_lowered(error.format_message()), help) from error
    return code if isinstance(code, int) else ExitCode.CLEAN


def _complete() -> int:
    from interlock_cli.command_group import Verbs

    Verbs(NAMES).main([], prog_name="interlock", standalone_mode=False)
    return ExitCode.CLEAN


def _help(args: list[str]) -> int:
    if args and args[0] in NAMES:
        return _verb(args[0], ["--help"])
    from interlock_cli.present.help import overview

    overview(VERBS)
    return ExitCode.CLEAN


def _lowered(message: str) -> str:
    """Bring a message of click into our form: lower case, no full stop, names in backticks."""
    message = message.rstrip(".").replace("'", "`").replace('"', "`")
    return message[:1].lower() + message[1:]


def _say(message: str, help: str = "", code: int = ExitCode.ERROR) -> int:
    from interlock_cli.present.messages import complain

    complain(message, help)
    return code


def _surprise(error: Exception) -> int:
    if "interlock_dsl.diagnostics" in sys.modules:
        from interlock_dsl.diagnostics import DiagnosticError

        if isinstance(error, DiagnosticError):
            from interlock_cli.present.diagnostics import show_all

            show_all(error.diagnostics)
            return ExitCode.FINDINGS
    if os.environ.get("INTERLOCK_TRACEBACK"):
        raise error
    from interlock_cli.engine_errors import as_command_error

    known = as_command_error(error)
    if known is not None:
        return _say(known.message, known.help, known.code)
    return _say(f"internal error: {type(error).__name__}: {error}".splitlines()[0], "INTERLOCK_TRACEBACK=1 shows where")
