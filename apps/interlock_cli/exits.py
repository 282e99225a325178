"""What the program's exit code says."""

from enum import IntEnum


class Exit(IntEnum):
    """`CLEAN`: all is well. `FINDINGS`: diagnostics, a failed test or run, something denied. `FAULT`: wrong usage, a
    file that cannot be read, an error of ours. `OPEN`: nobody knows yet; the run waits for someone.
    """

    CLEAN = 0
    FINDINGS = 1
    FAULT = 2
    OPEN = 3
