"""Follows a page of the documentation as a reader would: writes the files it shows, types the commands it shows.

A fenced block is an instruction when its first words say so:

    console          each line `$ command` is run; the lines below it must appear in what it prints, in that order
    ilk FILE         the block is written to FILE (so are yaml, toml and python blocks with a file)
    diff FILE        in FILE the `-` lines are replaced by the `+` lines that follow them

`cd FOLDER` holds for the rest of the page. Shown output is compared loosely: colours and the amount of blank space do
not matter, lines may be left out, `...` stands for anything, and `RUN` for a run's name. A command must succeed unless
a line of what is shown begins with `error`, or the command ends with the comment `# exit 1` or `# exit 2`.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence, its text, and the line it starts on."""

    words: tuple[str, ...]
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A line that is typed, and what the page shows below it."""

    line: int
    text: str
    shown: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    return [
        Block(tuple(found[1].split()), found[2], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


def commands(block: Block) -> list[Command]:
    found: list[Command] = []
    for offset, line in enumerate(block.text.splitlines(), start=1):
        if line.startswith("$ "):
            found.append(Command(block.line + offset, line[2:], ()))
        elif line.strip() and found:
            last = found[-1]
            found[-1] = Command(last.line, last.text, (*last.shown, line))
    return found


def environment() -> dict[str, str]:
    """The environment of a reader: our programs first, no colours, a wide terminal, nothing configured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    programs = str(Path(sys.executable).parent)
    return kept | {"PATH": programs + os.pathsep + kept.get("PATH", ""), "NO_COLOR": "1", "COLUMNS": "120"}


def follow(page: Path, folder: Path) -> int:
    """Follow a page inside `folder`; return how many commands were run. Raises `AssertionError` naming the line."""
    count = 0
    for block in blocks(page.read_text()):
        match block.words:
            case ("console",):
                for command in commands(block):
                    if command.text.startswith("cd "):
                        folder /= command.text.removeprefix("cd ")
                    else:
                        check(page, command, folder)
                    count += 1
            case ("diff", name):
                file = folder / name
                file.write_text(changed(file.read_text(), block, page))
            case ("ilk" | "yaml" | "toml" | "python", name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(block.text)
    return count


def check(page: Path, command: Command, folder: Path) -> None:
    place = f"{page.name}:{command.line}: `{command.text}`"
    done = subprocess.run(
        command.text, shell=True, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120
    )
    printed = ESCAPES.sub("", done.stdout + done.stderr)
    told = any(f"# exit {code}" in command.text for code in (1, 2))
    fails = told or any(line.startswith("error") for line in command.shown)
    assert (done.returncode != 0) == fails, f"{place} gave exit code {done.returncode}:\n{printed}"
    missing = first_missing(command.shown, printed)
    assert missing is None, f"{place} did not print `{missing}`, but:\n{printed}"


def first_missing(shown: tuple[str, ...], printed: str) -> str | None:
    """Return the first shown line that does not appear, in order, in what was printed."""
    lines = iter(_plain(line) for line in printed.splitlines())
    for line in shown:
        pattern = re.compile(_pattern(_plain(line)))
        if line.strip() != "..." and not any(pattern.search(candidate) for candidate in lines):
            return line
    return None


def changed(text: str, block: Block, page: Path) -> str:
    """Return `text` with each group of `-` lines replaced by the `+` lines after it."""
    for group in re.finditer(r"((?:^-.*\n)+)((?:^\+.*\n)*)", block.text, re.MULTILINE):
        old, new = ("".join(line[1:] for line in part.splitlines(keepends=True)) for part in group.groups())
        assert text.count(old) == 1, f"{page.name}:{block.line}: this is not in the file exactly once:\n{old}"
        text = text.replace(old, new)
    return text


def _plain(line: str) -> str:
    return " ".join(line.split())


def _pattern(line: str) -> str:
    parts = re.split(r" ?\.\.\. ?", line)
    return ".*".join(r"\b[\w-]+\b".join(re.escape(word) for word in part.split("RUN")) for part in parts)
