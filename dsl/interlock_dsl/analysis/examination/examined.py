"""A program without mistakes, as the rules of lint see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.symbols import Declarations
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import File

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.analysis.knowledge.places import Place
    from interlock_dsl.analysis.promises.judgement import Judgement
    from interlock_dsl.analysis.reasoning.questions import Questions
    from interlock_dsl.analysis.reasoning.rules import Rules


@dataclass(frozen=True)
class Examined:
    """The files as written, their declarations, the facts about them, and who answers questions about values.

    `entries` are the names of the files that were given; the others are used by them. `packs` are the files of the
    packs in use, which are not among `files`. `found` is what has been reported so far, for the rules that judge
    comments by it. `quiet`: whether findings that only `--strict` reports are looked for where that is dear. `untaken`
    are the routes, by workflow and id, that no test of the program takes, where somebody has run the tests.
    """

    files: tuple[File, ...]
    declarations: Declarations
    facts: Facts
    entries: frozenset[str] = frozenset()
    reasoner: Reasoner = field(default_factory=Reasoner)
    found: tuple[Diagnostic, ...] = ()
    quiet: bool = True
    untaken: frozenset[tuple[str, str]] = frozenset()
    format: Callable[[str], str] | None = None
    packs: tuple[File, ...] = ()

    def of_pack(self, span: Span) -> bool:
        """Say whether a place is in a pack. That its rules are more than one use of it needs is no finding."""
        return id(span.source) in self._sources_of_packs

    @cached_property
    def _sources_of_packs(self) -> frozenset[int]:
        return frozenset(id(file.source) for file in self.packs)

    @cached_property
    def places(self) -> "tuple[Place, ...]":
        """Every expression of the program but those of tests."""
        from interlock_dsl.analysis.knowledge.places import places

        return tuple(places(self.facts))

    @cached_property
    def failing(self) -> "tuple[tuple[Place, frozenset[str]], ...]":
        """What can end in an error by the types of what it reads alone, with the errors."""
        from interlock_dsl.analysis.knowledge.failures import failing

        return tuple(failing(self.places))

    @cached_property
    def questions(self) -> "Mapping[str, Questions]":
        """What is known at the places of each workflow, and who answers questions about the values there."""
        if not self.facts.workflows:
            return {}
        from interlock_dsl.analysis.reasoning.questions import Questions

        return {name: Questions(made, self.facts, self.reasoner) for name, made in self.facts.workflows.items()}

    @cached_property
    def judgements(self) -> "tuple[Judgement, ...]":
        """What is shown of the promises of all workflows."""
        if not any(workflow.promises for workflow in self.facts.workflows.values()):
            return ()
        from interlock_dsl.analysis.promises import judge_promises

        return tuple(judge_promises(self.questions))

    @cached_property
    def rules(self) -> "Rules":
        """The rules of all policies, each for every tool it is about."""
        from interlock_dsl.analysis.reasoning.rules import Rules

        return Rules(self.facts, self.reasoner)
