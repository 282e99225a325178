"""Says on a terminal what is going on; elsewhere nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from interlock_cli.present.console import err


@contextmanager
def progress(begins: str) -> Iterator[Callable[[str], None]]:
    """Show a line on standard error while something takes its time; call what is yielded to change it."""
    if not err().is_terminal:
        yield lambda said: None
        return
    with err().status(begins, spinner_style="work") as status:
        yield lambda said: status.update(said)
