"""What the program's exit code says."""

from enum import IntEnum


class ExitCode(IntEnum):
    """`CLEAN`: all is well. `FINDINGS`: diagnostics, a failed test or run, something denied. `ERROR`: wrong usage, a
    file that cannot be read, an error of ours. `INCONCLUSIVE`: it could not be found out.
    """

    CLEAN = 0
    FINDINGS = 1
    ERROR = 2
    INCONCLUSIVE = 3
