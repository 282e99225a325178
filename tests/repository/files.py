"""Which files of the repository the tests look at: what is committed, or would be."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PURE = ("dsl/interlock_dsl", "engine/interlock/decide", "engine/interlock/run", "engine/interlock/errors.py")


@cache
def committed() -> tuple[Path, ...]:
    """Every file under version control, and every new one that is not ignored; relative to the root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive has no history; then all files count
        listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if not _built(path.relative_to(ROOT))]
    return tuple(sorted(Path(name) for name in set(listed) if name and (ROOT / name).is_file()))


def code(*folders: str) -> tuple[Path, ...]:
    """The Python files of some folders (all of them by default)."""
    return tuple(
        path
        for path in committed()
        if path.suffix == ".py" and (not folders or any(path.is_relative_to(folder) for folder in folders))
    )


def _built(path: Path) -> bool:
    return any(part.startswith(".") or part in ("__pycache__", "build", "dist") for part in path.parts)
