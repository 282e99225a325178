"""The one shape of messages that are not about a place in a file."""

from rich.text import Text

from interlock_cli.present.console import err
from interlock_cli.present.escape import escape


def complain(message: str, help: str = "") -> None:
    """Say on standard error what went wrong, and below it what to do."""
    first, *more = escape(message, keep="\n").split("\n")
    err().print(Text.assemble(("error", "error"), ": ", coded(first)), soft_wrap=True)
    for line in more:
        err().print(Text.assemble("       ", coded(line)), soft_wrap=True)
    for line in escape(help, keep="\n").split("\n") if help else ():
        err().print(Text.assemble(("  = ", "quiet"), ("help", "help"), ": ", coded(line)), soft_wrap=True)


def remark(message: str) -> None:
    """Say on standard error what may not have been meant, but is no mistake in itself."""
    err().print(Text.assemble(("note", "note"), ": ", coded(escape(message))), soft_wrap=True)


def coded(message: str) -> Text:
    """Return a message with what stands in backticks coloured as the author's own text."""
    text = Text()
    for index, part in enumerate(message.split("`")):
        text.append(f"`{part}`" if index % 2 else part, style="name" if index % 2 else "")
    if message.count("`") % 2:
        return Text(message)
    return text
