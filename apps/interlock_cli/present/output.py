"""Machine formats go out as they are, without anything that knows of colours or widths."""

import sys


def write(text: str) -> None:
    """Write text to standard output exactly as it is, with a newline at its end."""
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    sys.stdout.flush()
