"""Who drives a run: one locked byte per run, in a file beside the journal; the system frees it when the process ends.

The lock excludes other processes only, and is lost when the process closes any handle of the file. So there is one
handle per file in a process, and a list of what was leased through it.
"""

import os
import sys
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

_ROOM: Final = (1 << 62) - 1


@dataclass(slots=True)
class _Drivers:
    handle: int
    leased: set[int] = field(default_factory=set)


_open: Final[dict[tuple[int, int], _Drivers]] = {}
_lock: Final = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open.clear)  # a child inherits the handles, but none of the locks


class FileLease:
    """One run's byte, locked by this process until `release`."""

    def __init__(self, key: tuple[int, int], drivers: _Drivers, place: int) -> None:
        self._key = key
        self._drivers = drivers
        self._place = place

    def release(self) -> None:
        """Give the run free; doing it again changes nothing."""
        with _lock:
            if _open.get(self._key) is not self._drivers or self._place not in self._drivers.leased:
                return
            self._drivers.leased.discard(self._place)
            _set(self._drivers.handle, self._place, locked=False)
            _close_unused(self._key)
            self._drivers = _Drivers(-1)


def lease(path: Path, run: str) -> FileLease | None:
    """Lock a run's byte in the file `path`, made if missing; None when it is locked. Raises OSError."""
    place = int.from_bytes(sha256(run.encode("utf-8", "surrogatepass")).digest()[:8], "big") & _ROOM
    with _lock:
        key = _opened(path)
        drivers = _open[key]
        if place in drivers.leased:
            return None
        try:
            _set(drivers.handle, place, locked=True)
        except (BlockingIOError, PermissionError):
            _close_unused(key)
            return None
        drivers.leased.add(place)
        return FileLease(key, drivers, place)


def _opened(path: Path) -> tuple[int, int]:
    """Return the key of the file's one handle. A second handle must not even be opened: closing it frees all."""
    try:
        known = path.stat()
    except FileNotFoundError:
        known = None
    if known is not None and (known.st_dev, known.st_ino) in _open:
        return known.st_dev, known.st_ino
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    made = os.fstat(handle)
    key = made.st_dev, made.st_ino
    _open[key] = _Drivers(handle)
    return key


def _close_unused(key: tuple[int, int]) -> None:
    if not _open[key].leased:
        os.close(_open.pop(key).handle)


def _set(handle: int, place: int, *, locked: bool) -> None:
    # Elsewhere leases exclude each other within this process only.
    if sys.platform != "win32":
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if locked else fcntl.LOCK_UN, 1, place)
