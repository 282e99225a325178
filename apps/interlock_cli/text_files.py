"""The one way in which the command line reads files and standard input, and writes files anew: UTF-8 of bounded size.

Nothing is read further than its limit, and nothing that is not a regular file is opened for reading unless the caller
says so, so that a pipe, a device or a file of endless size neither blocks nor fills the memory.
"""

import errno
import os
import stat
import sys
from codecs import BOM_UTF8
from pathlib import Path
from typing import Final

from interlock_cli.errors import CommandError

MIB: Final = 1 << 20
MOST_SOURCE: Final = 4 * MIB
"""The largest `.ilk` file, in bytes."""
MOST_DATA: Final = 4 * MIB
"""The largest input, answer file or standard input, in bytes."""
MOST_SETTINGS: Final = MIB
"""The largest settings file, in bytes."""


class UnusableFileError(OSError):
    """A file that exists and is not read: it is no regular file, too large, or outside of where it must be."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EINVAL, reason)


def read_bounded(path: Path, most: int, *, inside: Path | None = None, pipes: bool = False) -> str:
    """Return a file's text, of at most `most` bytes, without a byte order mark.

    With `inside`, the file must be in that folder or below, links resolved. With `pipes`, a pipe or device is read as
    well, up to the limit. Raises OSError (`strerror` says why in words) or UnicodeDecodeError.
    """
    try:
        resolved = path.resolve()
    except (ValueError, RuntimeError) as error:  # a NUL in the path; links in a cycle
        raise UnusableFileError("its path leads nowhere") from error
    if inside is not None and not resolved.is_relative_to(inside.resolve()):
        raise UnusableFileError("it is outside of the project, or of the folder of a file without one")
    with os.fdopen(_opened(resolved, pipes), "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnusableFileError(f"it is larger than {most:,} bytes")
    return content.decode("utf-8-sig")


def write_in_place(path: Path, text: str) -> None:
    """Write a text in place of that which a file holds. A byte order mark stays. Raises OSError."""
    with path.open("rb") as file:
        marked = file.read(len(BOM_UTF8)) == BOM_UTF8
    path.write_bytes((BOM_UTF8 if marked else b"") + text.encode())


def _opened(path: Path, pipes: bool) -> int:
    if pipes:
        return os.open(path, os.O_RDONLY)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    raise UnusableFileError("it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")


def read_text(path: Path, most: int, what: str, help: str = "", *, pipes: bool = False) -> str:
    """Return a file's text like `read_bounded`; `what` is what the file is called in the error, such as its path.

    Raises CommandError.
    """
    try:
        return read_bounded(path, most, pipes=pipes)
    except UnicodeDecodeError as error:
        raise CommandError(f"{what} is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(f"cannot read {what}: {reason[:1].lower()}{reason[1:]}", help) from error


def read_stdin(most: int = MOST_DATA) -> str:
    """Return what standard input holds. Raises CommandError if it is too large or not UTF-8."""
    stream = getattr(sys.stdin, "buffer", None)
    content = sys.stdin.read(most + 1).encode("utf-8", "surrogateescape") if stream is None else stream.read(most + 1)
    if len(content) > most:
        raise CommandError(f"standard input is larger than {most:,} bytes", "give a smaller one")
    try:
        text: str = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"standard input is not UTF-8 text (byte {error.start})", "send UTF-8") from error
    return text
