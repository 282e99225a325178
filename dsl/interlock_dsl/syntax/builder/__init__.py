"""From reductions to the tree of a file: one method for each rule or alias of `grammar.lark`."""

from interlock_dsl.syntax.builder.cases import CaseBuilder
from interlock_dsl.syntax.builder.declarations import DeclarationBuilder
from interlock_dsl.syntax.builder.packs import PackBuilder
from interlock_dsl.syntax.builder.promises import PromiseBuilder
from interlock_dsl.syntax.builder.rules import RuleBuilder
from interlock_dsl.syntax.builder.workflows import WorkflowBuilder
from interlock_dsl.syntax.tree import Declaration, File

__all__ = ["FileBuilder"]


class FileBuilder(DeclarationBuilder, WorkflowBuilder, PromiseBuilder, RuleBuilder, PackBuilder, CaseBuilder):
    """Builds a file: declarations, workflows, promises, policies and tables, packs, tests."""

    def file(self, parts: list[Declaration]) -> File:
        """All the declarations; comments are added by whoever has the text."""
        return File(self.source, tuple(parts), named=tuple(self.named), span=self.here())
