"""Says on a terminal what is going on; elsewhere nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interlock_cli.present.console import err
from interlock_cli.present.marks import unicode_is_safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


@contextmanager
def progress(begins: str) -> Iterator[Callable[[str], None]]:
    """Show a line on standard error while something takes its time; call what is yielded to change it."""
    if not err().is_terminal:
        yield lambda said: None
        return
    with spinner(begins, err()) as status:
        yield lambda said: status.update(said)


def spinner(said: str, console: "Console") -> "Status":
    """Return a line with something that turns before it, in signs the terminal can show."""
    from rich.status import Status

    return Status(said, console=console, spinner="dots" if unicode_is_safe() else "line", spinner_style="work")
