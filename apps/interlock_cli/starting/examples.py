"""The examples that come with the product: the folders of `examples/` with a program in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interlock_cli.errors import CommandError, did_you_mean

PACKED = Path(__file__).parents[1] / "examples"
"""Where an installed package has them; the build puts them there."""
SOURCES = Path(__file__).parents[3] / "examples"
"""Where they are in a checkout of the repository."""
LEFT_OUT = re.compile(r"\..*|__pycache__|.*\.(sqlite|db)\b.*")
"""What running an example leaves in its folder."""
ROW = re.compile(r"^\| \[(\w+)\]\([^)]*\) \| (.+) \|$", re.MULTILINE)
"""What an example shows, in the table of the folder's README."""
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


@dataclass(frozen=True)
class Example:
    """One example: its name, its folder, and what it shows."""

    name: str
    folder: Path
    says: str

    @property
    def files(self) -> list[Path]:
        """Return its files, relative to its folder."""
        return sorted(_files(self.folder, Path()))


def examples() -> list[Example]:
    """Return the examples by name; none if the package was installed without them."""
    home = PACKED if PACKED.is_dir() else SOURCES
    index = home / "README.md"
    says = dict(ROW.findall(index.read_text("utf-8"))) if index.is_file() else {}
    folders = sorted({path.parent for path in home.glob("*/*.ilk")})
    return [Example(folder.name, folder, says.get(folder.name, "").replace("`", "")) for folder in folders]


def example(name: str) -> Example:
    """Return the example of a name. Raises CommandError if there is none."""
    known = {each.name: each for each in examples()}
    if name not in known:
        raise CommandError(f"there is no example `{name}`", did_you_mean(name, list(known)))
    return known[name]


def copy(chosen: Example, target: Path) -> None:
    """Copy the files of an example into a folder. Links of pages that lead out of the folder become their text."""
    for file in chosen.files:
        content = (chosen.folder / file).read_bytes()
        if file.suffix == ".md":
            content = LINK.sub(_inside, content.decode()).encode()
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (target / file).write_bytes(content)


def _inside(link: re.Match[str]) -> str:
    return link[1] if link[2].startswith("../") else link[0]


def _files(folder: Path, inside: Path) -> Iterator[Path]:
    for path in (folder / inside).iterdir():
        if LEFT_OUT.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(folder, inside / path.name)
        else:
            yield inside / path.name
