"""A program without mistakes, as the rules of lint see it."""

from dataclasses import dataclass, field

from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.reasoner import Reasoner
from interlock_dsl.analysis.symbols import Declarations
from interlock_dsl.syntax.tree import File


@dataclass(frozen=True)
class Examined:
    """The files as written, their declarations, the facts about them, and who answers questions about values.

    `entries` are the names of the files that were given; the others are used by them.
    """

    files: tuple[File, ...]
    declarations: Declarations
    facts: Facts
    entries: frozenset[str] = frozenset()
    reasoner: Reasoner = field(default_factory=Reasoner)
