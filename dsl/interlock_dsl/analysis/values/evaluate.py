"""Evaluation with domains in place of values: what an expression can come to, and the errors it can end in.

Every value that an evaluation with values of the state gives is in the domain, and every error is among the errors; the
limit of an evaluation is left out. A checked expression never reads what may not be there, so that such a read is no
error here unless it is known to be missing.
"""

from interlock_dsl.analysis.values.arithmetic import (
    NO_ERRORS,
    SIGNS,
    negated,
    operate,
    signs_of,
)
from interlock_dsl.analysis.values.containers import Containers
from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    EITHER,
    NOTHING,
    TRUE,
    Choice,
    Domain,
    Numbers,
    Perhaps,
    bools,
    domain_of,
    join,
    meet,
)
from interlock_dsl.analysis.values.functions import ALL_ERRORS, READABLE, called, errors_of
from interlock_dsl.analysis.values.lists import Result
from interlock_dsl.analysis.values.points import point
from interlock_dsl.analysis.values.reading import LOGICAL, OVERLOAD, truths_of
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.check import CallReference
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Present,
    Select,
)
from interlock_dsl.cel.types import DYN


class Evaluator(Containers):
    """Evaluates the nodes of one checked expression."""

    def evaluate(self, node: Expression, state: State) -> Result:
        """Return what a node can come to."""
        if isinstance(node, Literal):
            return point(node.value), NO_ERRORS
        path = self.path(node)
        if path is not None:
            return self.read(node, path, state)
        found, errors = self._inner(node, state)
        if found is not NOTHING and self.checked.type_of(node) == DYN:
            # Whatever it is here, operators take it for what it is then.
            return ANYTHING, errors
        if state.terms and found is not NOTHING and self.term(node) is not None:
            known = state.terms.get(node)
            if known is not None:
                found = meet(found, known)
        return found, errors

    def _inner(self, node: Expression, state: State) -> Result:
        match node:
            case Call(function=function, receiver=None) if function in LOGICAL:
                return self._logical(node, LOGICAL[function], state)
            case Call(function="_?_:_", arguments=(condition, then, otherwise)):
                return self._choice(condition, then, otherwise, state)
            case Call(function=function, arguments=(left, right)) if function in SIGNS:
                return self._comparison(function, left, right, state)
            case Call(function="!_", arguments=(operand,)):
                found, errors = self.evaluate(operand, state)
                if isinstance(found, Choice):
                    return bools(*(not value for value in found.values)), errors
                return (NOTHING if found is NOTHING else EITHER), errors | OVERLOAD
            case Call(function="@in", arguments=(item, among)):
                return self.contained(item, among, state)
            case Call(function=function) if function[:1] in "_-" and function[-1:] == "_":
                return self._arithmetic(node, state)
            case Call():
                return self._call(node, state)
            case Present(operand=operand, field=field):
                return self.presence_of(operand, field, state)
            case Select(operand=operand, field=field):
                return self.selected(node, operand, Literal(field, node.field_span), state)
            case Index(operand=operand, index=index):
                return self.selected(node, operand, index, state)
            case Comprehension():
                return self.comprehension(node, state)
            case Bind(value=value, body=body):
                self.define(node, value)
                return self.evaluate(body, state)
            case ListOf():
                return self.list_of(node, state)
            case MapOf():
                return self.map_of(node, state)
            case Name():
                return domain_of(self.checked.type_of(node)), NO_ERRORS
            case _:
                return ANYTHING, ALL_ERRORS

    def _logical(self, node: Call, decisive: bool, state: State) -> Result:
        values: set[bool] = set()
        errors: set[str] = set()
        going: State | None = state
        for operand in self.operands(node):
            # An error waits for a side that decides: then what is known from the sides before does not hold.
            if errors and decisive not in values and decisive in truths_of(self.evaluate(operand, state)[0]):
                values.add(decisive)
            if going is not None:
                found, failing = self.evaluate(operand, going)
                truths = truths_of(found)
                values.update({decisive} if decisive in truths else ())
                errors |= failing | (OVERLOAD if found is ANYTHING else NO_ERRORS)
                going = self.after(operand, not decisive, going) if (not decisive) in truths else None
            if going is None and not errors:
                break
        if going is not None:
            values.add(not decisive)
        return bools(*values), frozenset(errors)

    def _choice(self, condition: Expression, then: Expression, otherwise: Expression, state: State) -> Result:
        found, errors = self.evaluate(condition, state)
        if found is ANYTHING:
            errors = errors | OVERLOAD
        result: Domain = NOTHING
        for want, branch in ((True, then), (False, otherwise)):
            if found is ANYTHING or (isinstance(found, Choice) and want in found.values):
                known = self.after(condition, want, state)
                if known is not None:
                    value, failing = self.evaluate(branch, known)
                    result, errors = join(result, value), errors | failing
        return result, errors

    def _comparison(self, function: str, left: Expression, right: Expression, state: State) -> Result:
        one, failing = self.evaluate(left, state)
        other, errors = self.evaluate(right, state)
        errors = errors | failing
        if one is NOTHING or other is NOTHING:
            return NOTHING, errors
        if function not in ("_==_", "_!=_") and ANYTHING in (one, other):
            errors = errors | OVERLOAD
        signs = signs_of(one, other) & self.related(left, right, state)
        wanted = SIGNS[function]
        return bools(*([True] if signs & wanted else []), *([False] if signs - wanted else [])), errors

    def _arithmetic(self, node: Call, state: State) -> Result:
        found = [self.evaluate(argument, state) for argument in node.arguments]
        errors = NO_ERRORS.union(*(failing for _, failing in found))
        domains = [domain for domain, _ in found]
        if NOTHING in domains:
            return NOTHING, errors
        match domains:
            case [Numbers() as one, Numbers() as other] if (one.kind == "double") == (other.kind == "double"):
                result, more = operate(node.function, one, other)
                return result, errors | more
            case [Numbers() as one]:
                result, more = negated(one)
                return result, errors | more
            case [one, other] if node.function == "_+_" and ANYTHING not in domains:
                return self.joined(one, other), errors
            case _:
                return domain_of(self.checked.type_of(node)), errors | ALL_ERRORS

    def _call(self, node: Call, state: State) -> Result:
        reference = self.checked.reference_of(node)
        type = self.checked.type_of(node)
        if not isinstance(reference, CallReference):
            return domain_of(type), ALL_ERRORS
        method = reference.method and node.receiver is not None
        parts = [node.receiver, *node.arguments] if method and node.receiver is not None else list(node.arguments)
        if reference.function.name in ("orValue", "or"):
            return self._or(reference.function.name, parts, state)
        found = [self.evaluate(part, state) for part in parts]
        errors = NO_ERRORS.union(*(failing for _, failing in found))
        domains = [domain for domain, _ in found]
        if NOTHING in domains:
            return NOTHING, errors
        unknown = any(self.checked.type_of(part) == DYN for part in parts)
        if len(reference.overloads) != 1 or unknown:
            may = [errors_of(reference.function.name, overload) for overload in reference.overloads]
            return domain_of(type), errors.union(OVERLOAD, *may)
        result, more = called(reference.function.name, reference.overloads[0], domains, type)
        if "bad-conversion" in more and self._readable(reference.function.name, parts[-1], state):
            more = more - {"bad-conversion"}
        return result, errors | more

    def _readable(self, function: str, text: Expression, state: State) -> bool:
        """Say whether it is known that a text can be read as what a function takes it for: `isURL(text)` was true."""
        if function not in READABLE or not state.terms or self.term(text) is None:
            return False
        asked = Call(READABLE[function], (text,), text.span, text.span)
        return state.terms.get(asked) == TRUE

    def _or(self, name: str, parts: list[Expression], state: State) -> Result:
        first, errors = self.evaluate(parts[0], state)
        if not isinstance(first, Perhaps):
            return (NOTHING if first is NOTHING else ANYTHING), errors if first is NOTHING else ALL_ERRORS
        result: Domain = NOTHING
        if first.some:
            result = first.of if name == "orValue" else Perhaps(first.of, none=False)
        if first.none:
            other, failing = self.evaluate(parts[1], state)
            result, errors = join(result, other), errors | failing
        return result, errors
