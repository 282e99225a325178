"""The error that stops a verb: what is wrong, and what to do about it."""

from interlock_cli.exit_codes import ExitCode


class CommandError(Exception):
    """Shown as `error: message` with a help line below; the program ends with `code`."""

    def __init__(self, message: str, help: str = "", code: ExitCode = ExitCode.ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code


def did_you_mean(name: str, known: list[str], otherwise: str = "") -> str:
    """Return a help line that suggests the nearest known name, or lists them all when none is near."""
    from interlock_dsl.diagnostics.spelling import nearest

    guess = nearest(name, known)
    if guess:
        return f"did you mean `{guess}`?"
    return otherwise or "there is " + ", ".join(f"`{each}`" for each in known)
