"""Whether a statement can hold where an expression is evaluated, and a diagnostic with what shows it."""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import CallStepFacts
from interlock_dsl.analysis.knowledge.failures import start
from interlock_dsl.analysis.knowledge.places import Place
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.problem import Bound, Fails, Impossible, Possible, Problem, Statement
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.tree import Call, Expression, children
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.witness import Witness
from interlock_dsl.program.builtins import reads_past_calls


def shown(program: Examined, place: Place, statement: Statement, diagnostic: Diagnostic) -> Diagnostic | None:
    """Return a diagnostic with the witness of a statement, and how certain it is; None where it can never hold."""
    from interlock_dsl.analysis.rehearsal.story import evidenced

    if place.workflow is not None and place.step is not None:
        questions = program.questions[place.workflow]
        found = questions.ask(questions.arrivals.at(place.step), [statement])
        if isinstance(found.answer, Impossible):
            return None
        return evidenced(diagnostic, questions, found, place.step, [statement])
    return alone(program, place, statement, diagnostic)


def alone(program: Examined, place: Place, statement: Statement, diagnostic: Diagnostic) -> Diagnostic | None:
    """Return the same of a place that belongs to no workflow: a table, a tool, a policy."""
    from interlock_dsl.analysis.rehearsal.story import values_read

    scope = place.checked.scope
    statements = (*place.given, statement)
    answer = program.reasoner.ask(Problem(statements, scope.variables, scope.optional_variables))
    match answer:
        case Impossible():
            return None
        case Possible(bindings=bindings):
            witness = Witness(values_read(statements, bindings))
            return replace(diagnostic, stated=Certainty.PROVED, witness=witness)
        case _:
            return replace(
                diagnostic, stated=Certainty.UNKNOWN, notes=(*diagnostic.notes, f"not decided: {answer.reason}")
            )


def failures(program: Examined, code: str, codes: frozenset[str], said: str, help: str) -> Iterator[Diagnostic]:
    """Yield the values, and conditions of rules and grants, that can end in one of these errors.

    `said` goes on from what the value is of: "`work.percent` can end in ...".
    """
    for place, errors in program.failing:
        if errors & codes:
            if codes == {"overflow"} and place.kind == "rule" and _over_calls(_source(place, codes)):
                continue  # A sum over calls has no bounds, however it is written.
            message = f"{place.names or 'this condition'} {said}"
            diagnostic = diagnose(code, message, source_of(place, codes), help=help)
            found = shown(program, place, Fails(place.checked, codes), diagnostic)
            if found is not None:
                yield found


def arguments(step: CallStepFacts) -> list[Statement]:
    """Return what is known of the arguments of a call: each has the value of its expression."""
    return [Bound(("args", name), value) for name, value in step.call.arguments.items()]


def source_of(place: Place, codes: frozenset[str]) -> Span:
    """Return the place of the innermost part of an expression that can end in one of these errors."""
    return _source(place, codes).span


def _source(place: Place, codes: frozenset[str]) -> Expression:
    failing = Failing(place.checked)
    node, state = place.checked.expression, start(place)
    while True:
        inner = [part for part in children(node) if _can_end_in(failing, part, state, codes)]
        if not inner:
            return node
        node = inner[0]


def _over_calls(node: Expression) -> bool:
    return any(isinstance(part, Call) and reads_past_calls(part.function) for part in walk(node))


def _can_end_in(failing: Failing, node: Expression, state: State, codes: frozenset[str]) -> bool:
    return bool(failing.evaluate(node, state)[1] & codes)
