"""The toolbox of a project: the Python file with the functions behind its tools."""

import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError
from interlock_cli.journal import shown

if TYPE_CHECKING:
    from interlock.runtime.toolbox import Toolbox


def toolbox(path: Path | None) -> "Toolbox":
    """Return the `toolbox` of a Python file; an empty one where there is no file.

    Raises CommandError if the file is not there, fails when it is loaded, or defines none.
    """
    from interlock.runtime.toolbox import Toolbox

    if path is None:
        return Toolbox()
    found: object = getattr(_module(path), "toolbox", None)
    if not isinstance(found, Toolbox):
        raise CommandError(
            f"`{shown(path)}` defines no `toolbox`", "write `toolbox = Toolbox()` and `@toolbox.tool(...)`"
        )
    return found


def _module(path: Path) -> ModuleType:
    """Load a file as Python does a script: what stands beside it can be imported."""
    if path.is_dir():
        raise CommandError(f"`{shown(path)}` is a folder", "`--tools` or `tools` in interlock.toml names a file")
    if not path.is_file():
        raise CommandError(
            f"there is no file `{shown(path)}`", "`--tools` or `tools` in interlock.toml names the tools' file"
        )
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CommandError(f"`{shown(path)}` is not a Python file", "`tools` names a file that ends in .py")
    module = module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise CommandError(f"`{shown(path)}` cannot be loaded: {_what(error)}", _where(error, path)) from error
    return module


def _what(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} at line {error.lineno}"
    return f"{type(error).__name__}: {error}"


def _where(error: BaseException, path: Path) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install `{error.name}`, or take it out of the file"
    here = path.resolve()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).resolve() == here]
    return f"it happened at {shown(path)}:{frames[-1].lineno}" if frames else ""
