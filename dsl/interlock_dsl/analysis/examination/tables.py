"""Questions about the rows of decision tables: for all values of the parameters, and for what steps pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import TableFacts, TableStepFacts
from interlock_dsl.analysis.knowledge.computed import Replaced
from interlock_dsl.analysis.reasoning.questions import Found, Questions
from interlock_dsl.analysis.rehearsal.story import evidenced, values_read
from interlock_dsl.analysis.values.problem import Answer, Claim, Impossible, Possible, Problem, Statement
from interlock_dsl.diagnostics import Certainty, Diagnostic, Witness


@dataclass(frozen=True, slots=True)
class Use:
    """A step that a table decides. `replaced` says of its arguments what the table says of its parameters."""

    questions: Questions
    step: str
    replaced: Replaced

    def ask(self, claims: Sequence[Claim]) -> tuple[Found, Sequence[Statement]] | None:
        """Return whether claims about the parameters can hold where the step begins, and the claims as asked there."""
        said: list[Statement] = []
        for claim in claims:
            condition = self.replaced.within(claim.condition)
            if condition is None:
                return None
            said.append(replace(claim, condition=condition))
        return self.questions.ask(self.questions.arrivals.at(self.step), said), said


class Rows:
    """The rows of one table, and the steps that it decides."""

    def __init__(self, table: TableFacts, program: Examined) -> None:
        self.table = table
        self._reasoner = program.reasoner
        self.uses = tuple(_uses(table, program))

    def ask(self, claims: Sequence[Claim]) -> Answer:
        """Return whether claims about the parameters can hold together for values of their types."""
        fields = self.table.parameters.fields
        optional = frozenset(name for name, field in fields.items() if field.optional)
        return self._reasoner.ask(Problem(tuple(claims), {name: each.type for name, each in fields.items()}, optional))

    def happens(self, diagnostic: Diagnostic, claims: Sequence[Claim]) -> Diagnostic | None:
        """Return a diagnostic with what shows that claims hold, in a run if steps use the table; None if they never do.

        Where values of the parameters are possible that no step passes, there is nothing to report.
        """
        answer = self.ask(claims)
        if isinstance(answer, Impossible):
            return None
        unknown: Diagnostic | None = None
        asked = [use.ask(claims) for use in self.uses]
        for use, found in zip(self.uses, asked, strict=True):
            if found is not None and not isinstance(found[0].answer, Impossible):
                shown = evidenced(diagnostic, use.questions, found[0], use.step, found[1])
                if shown.witness is not None:
                    return shown
                unknown = shown
        if asked and None not in asked:
            return unknown
        if isinstance(answer, Possible):
            return replace(diagnostic, witness=Witness(values_read(claims, answer.bindings)))
        return replace(diagnostic, stated=Certainty.UNKNOWN)


def tables(program: Examined) -> Iterator[Rows]:
    """Yield the tables of a program."""
    for table in program.facts.tables.values():
        yield Rows(table, program)


def _uses(table: TableFacts, program: Examined) -> Iterator[Use]:
    for questions in program.questions.values():
        for name, step in questions.workflow.steps.items():
            if isinstance(step, TableStepFacts) and step.decl.table.text == table.decl.name.text:
                yield Use(questions, name, Replaced(step.arguments, table.rows[0].outputs))
