"""What would change in a file, as a unified diff."""

from difflib import unified_diff

from rich.text import Text

from interlock_cli.present.console import out

STYLES = {"+": "good", "-": "bad", "@": "code"}


def show_difference(name: str, before: str, after: str, how: str) -> None:
    """Print the difference of two texts of a file to standard output; `how` says what the second one is."""
    lines = unified_diff(before.splitlines(), after.splitlines(), name, f"{name} ({how})", lineterm="")
    for line in lines:
        out().print(Text(line, STYLES.get(line[:1], "")), soft_wrap=True)
