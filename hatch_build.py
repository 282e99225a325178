"""Saves the parser's tables into the packages when they are built, so that no process has to build them again."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = "dsl"


class CustomBuildHook(BuildHookInterface[Any]):
    """Writes the tables beside each grammar, and has them packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: D102
        folder = Path(self.root) / PACKAGES
        sys.path.insert(0, str(folder))
        try:
            from interlock_dsl.cel.parser.grammar import EXPRESSIONS, PACKAGE
            from interlock_dsl.syntax.grammar import FILES
        finally:
            sys.path.remove(str(folder))
        for language in (EXPRESSIONS, FILES):
            (folder / PACKAGE / language.tables_path).write_text(language.tables(), "utf-8")
            build_data["artifacts"].append(f"{PACKAGES}/{PACKAGE}/{language.tables_path}")
