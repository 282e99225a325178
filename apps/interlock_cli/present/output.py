"""Machine formats go out as they are, without anything that knows of colours or widths."""

import json
import sys


def write(text: str) -> None:
    """Write text to standard output exactly as it is, with a newline at its end."""
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    sys.stdout.flush()


def json_text(thing: object) -> str:
    """Return a value as indented JSON, in which characters that cannot be seen are JSON's own escapes."""
    return _visible(json.dumps(thing, indent=2, ensure_ascii=False) + "\n")


def json_line(thing: object) -> str:
    """Return a value as one line of JSON, escaped as `json_text` does."""
    return _visible(json.dumps(thing, ensure_ascii=False) + "\n")


def _visible(text: str) -> str:
    from interlock_cli.present.escape import escape

    hidden = [char for char in set(text) if char != "\n" and escape(char) != char]
    return text.translate({ord(char): json.dumps(char)[1:-1] for char in hidden}) if hidden else text
