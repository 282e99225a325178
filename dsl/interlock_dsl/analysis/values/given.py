"""What is known where a condition came to true or to false, or an expression has a value in a domain, or has none."""

from interlock_dsl.analysis.values.arithmetic import (
    ALL_SIGNS,
    SIGNS,
    bounded_by,
    left_of,
    right_of,
    signs_of,
)
from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    NOTHING,
    Choice,
    Domain,
    Numbers,
    Sized,
    Text,
    bools,
    meet,
    numbers,
)
from interlock_dsl.analysis.values.evaluate import Evaluator
from interlock_dsl.analysis.values.points import constants, contains
from interlock_dsl.analysis.values.reading import LOGICAL
from interlock_dsl.analysis.values.state import Contradiction, Path, Signs, State
from interlock_dsl.cel.tree import Bind, Call, Comprehension, Expression, ListOf, Literal, Present, Select
from interlock_dsl.cel.types import MapType, RecordType

MOST_CASES = 24
"""An alternative that would lead to more cases than this is not looked into."""


class Given(Evaluator):
    """Narrows states by what conditions came to. States that a method takes are its own to change."""

    def given(self, node: Expression, want: bool, state: State) -> list[State]:
        """Return the states in which a condition comes to `want`, none where it cannot."""
        match node:
            case Call(function="!_", arguments=(operand,)):
                return self.given(operand, not want, state)
            case Call(function="_&&_" | "_||_", receiver=None):
                if want is not LOGICAL[node.function]:
                    return self._all(self.operands(node), want, state)
                return self._any(self.operands(node), want, state)
            case Call(function="_?_:_", arguments=(condition, then, otherwise)):
                cases = [(condition, True, then), (condition, False, otherwise)]
                found = [
                    s
                    for c, t, branch in cases
                    for k in self.given(c, t, state.copy())
                    for s in self.given(branch, want, k)
                ]
                return found if len(found) <= MOST_CASES else [state]
            case Bind(value=value, body=body):
                self.define(node, value)
                return self.given(body, want, state)
            case Present(operand=operand, field=field):
                return self._presence(node, operand, field, want, state)
        try:
            return self._alone(node, want, state)
        except Contradiction:
            return []

    def _all(self, operands: list[Expression], want: bool, state: State) -> list[State]:
        states = [state]
        for operand in operands:
            split = [
                found for one in states for found in self.given(operand, want, one.copy() if len(operands) > 1 else one)
            ]
            if len(split) <= MOST_CASES:
                states = split
        return states

    def _any(self, operands: list[Expression], want: bool, state: State) -> list[State]:
        found: list[State] = []
        for operand in operands:
            found += self.given(operand, want, state.copy())
            if len(found) > MOST_CASES:
                return [state]
        return found

    def _alone(self, node: Expression, want: bool, state: State) -> list[State]:
        match node:
            case Call(function=function, arguments=(left, right)) if function in SIGNS:
                wanted = SIGNS[function] if want else ALL_SIGNS - SIGNS[function]
                return [state] if self._compared(left, right, wanted, state) else []
            case Call(function="@in", arguments=(item, among)):
                return self._member(node, item, among, want, state)
        found, _ = self.evaluate(node, state)
        if not (found is ANYTHING or contains(found, want)):
            return []
        match node:
            case Call(function="startsWith" | "endsWith" | "contains" as name, receiver=text, arguments=(part,)):
                if text is not None:
                    self._affix(name, text, part, want, state)
            case Comprehension(kind="exists") if want:
                self._filled(node, state)
            case Comprehension(kind="all") if not want:
                self._filled(node, state)
            case Comprehension(kind="exists_one") if want:
                self._filled(node, state)
            case Call(function="hasValue", receiver=Select(operand=operand, field=field, optional=True)):
                path = self.path(operand)
                if path is not None and want:
                    state.require((*path, field))
        self.refine(node, bools(want), state)
        return [state]

    def _filled(self, node: Comprehension, state: State) -> None:
        holder, _ = self.evaluate(node.range, state)
        if isinstance(holder, Sized):
            self.refine(node.range, Sized(holder.kind, 1, element=holder.element), state)

    def _affix(self, name: str, text: Expression, part: Expression, want: bool, state: State) -> None:
        few = constants(self.evaluate(part, state)[0])
        if not want or few is None or len(few) != 1 or not isinstance(few[0], str):
            return
        affix = few[0]
        shape = {"startsWith": Text(len(affix), prefix=affix), "endsWith": Text(len(affix), suffix=affix)}
        self.refine(text, shape.get(name, Text(len(affix))), state)

    def _compared(self, left: Expression, right: Expression, wanted: Signs, state: State) -> bool:
        one, other = self.evaluate(left, state)[0], self.evaluate(right, state)[0]
        if one is NOTHING or other is NOTHING:
            return False
        signs = signs_of(one, other) & wanted
        first, second = self.term(left), self.term(right)
        if first is not None and second is not None and not _plain(one, other):
            first = state.resolve(first) if isinstance(first, tuple) else first
            second = state.resolve(second) if isinstance(second, tuple) else second
            if first == second and None not in signs_of(one, other):
                signs = signs & {0}
            if signs:
                signs = signs & state.relate(first, second, signs)
        if not signs:
            return False
        self.refine(left, _beside(one, other, signs), state)
        self.refine(right, _beside(other, one, frozenset(None if s is None else -s for s in signs)), state)
        return True

    def _member(self, node: Call, item: Expression, among: Expression, want: bool, state: State) -> list[State]:
        found, _ = self.evaluate(node, state)
        if not contains(found, want):
            return []
        one, holder = self.evaluate(item, state)[0], self.evaluate(among, state)[0]
        key, path = constants(one), self.path(among)
        alone = key[0] if key is not None and len(key) == 1 else None
        if isinstance(among, ListOf) and not any(part.optional for part in among.items):
            return self._among(item, among, one, want, state)
        named = isinstance(self.checked.type_of(among), RecordType | MapType)
        if named and path is not None and isinstance(alone, str) and path[0] not in self.definitions:
            return self._given_there((*path, alone), want, state)
        if isinstance(holder, Sized) and alone is not None and holder.kind == "list":
            known = frozenset({alone})
            fact = (
                Sized("list", 1, holder.high, holder.element, known)
                if want
                else Sized("list", 0, holder.high, holder.element, lacking=known)
            )
            self.refine(among, fact, state)
        elif isinstance(holder, Sized) and want:
            self.refine(among, Sized(holder.kind, 1, element=holder.element), state)
        self.refine(node, bools(want), state)
        return [state]

    def _among(self, item: Expression, among: ListOf, one: Domain, want: bool, state: State) -> list[State]:
        parts = [part.value for part in among.items]
        values = [constants(self.evaluate(part, state)[0]) for part in parts]
        texts = [few[0] for few in values if few is not None and len(few) == 1 and isinstance(few[0], str)]
        if want and len(texts) == len(parts) and isinstance(one, Text | Choice):
            self.refine(item, Choice(frozenset(texts)), state)
            return [state]
        cases: list[State] = []
        for part in parts:
            if not want:
                if not self._compared(item, part, ALL_SIGNS - {0}, state):
                    return []
                continue
            case = state.copy()
            try:
                if self._compared(item, part, frozenset({0}), case):
                    cases.append(case)
            except Contradiction:
                continue
        return cases if want and len(cases) <= MOST_CASES else [state]

    def _presence(self, node: Present, operand: Expression, field: str, want: bool, state: State) -> list[State]:
        path = self.path(operand)
        if path is None or path[0] in self.definitions:
            try:
                self.refine(node, bools(want), state)
            except Contradiction:
                return []
            return [state]
        if len(path) > 1 and state.lacks(path):
            return []
        return self._given_there((*path, field), want, state)

    def _given_there(self, path: Path, want: bool, state: State) -> list[State]:
        """Return the states in which a field, whose holder is read, is there or is not."""
        holder = path[:-1]
        try:
            if want:
                state.require(path)
                return [state]
            if len(holder) > 1:
                state.require(holder)
        except Contradiction:
            return []
        cases = []
        for gone in (holder, path) if len(holder) == 1 and state.may_lack(holder) else (path,):
            case = state.copy()
            try:
                if gone == path:
                    case.require(holder)
                case.forbid(gone)
            except Contradiction:
                continue
            cases.append(case)
        return cases

    def refine(self, node: Expression, domain: Domain, state: State) -> None:
        """Know that a node has a value in a domain; raise `Contradiction` if it cannot."""
        found, _ = self.evaluate(node, state)
        kept = meet(found, domain)
        if kept is NOTHING:
            raise Contradiction
        path = self.path(node)
        if path is not None:
            self._refine_path(path, kept, state)
            return
        if isinstance(node, Literal) or kept == found:
            return
        if found is not ANYTHING and self.term(node) is not None:
            state.narrow_term(node, kept, found)
        match node:
            case Call(function="_?_:_", arguments=(condition, then, otherwise)):
                self._refine_choice(condition, then, otherwise, kept, state)
            case Call(function="-_", arguments=(operand,)) if isinstance(kept, Numbers) and kept.kind == "int":
                self.refine(operand, numbers("int", -kept.high, -kept.low), state)
            case Call(function="_+_" | "_-_" | "_*_" | "_/_", arguments=(left, right)):
                self._refine_operands(node.function, left, right, kept, state)
            case Call(function="size", arguments=arguments, receiver=receiver):
                self._refine_size(arguments[0] if receiver is None else receiver, kept, state)
            case Call(function="double", arguments=(number,)) if isinstance(kept, Numbers):
                inner = self.evaluate(number, state)[0]
                if isinstance(inner, Numbers):
                    self.refine(number, bounded_by(inner, kept, frozenset({0})), state)
            case Call(function="orValue", receiver=receiver, arguments=(default,)):
                if receiver is not None:
                    self._refine_default(receiver, default, kept, state)
            case Call(function=function) if function in SIGNS or function in LOGICAL or function == "!_":
                if isinstance(kept, Choice) and len(kept.values) == 1:
                    self._take(self.given(node, True in kept.values, state.copy()), state)
            case Bind(value=value, body=body):
                self.define(node, value)
                self.refine(body, kept, state)

    def _refine_path(self, path: Path, kept: Domain, state: State) -> None:
        definition = self.definitions.get(path[0]) if isinstance(path[0], int) else None
        if definition is not None:
            if len(path) == 1:
                self.refine(definition, kept, state)
            return
        state.require(path)
        state.narrow(path, kept)

    def _take(self, found: list[State], state: State) -> None:
        if not found:
            raise Contradiction
        if len(found) == 1:
            state.take(found[0])

    def _refine_choice(
        self, condition: Expression, then: Expression, otherwise: Expression, kept: Domain, state: State
    ) -> None:
        cases: list[State] = []
        for want, branch in ((True, then), (False, otherwise)):
            for case in self.given(condition, want, state.copy()):
                try:
                    self.refine(branch, kept, case)
                except Contradiction:
                    continue
                cases.append(case)
        self._take(cases, state)

    def _refine_operands(self, function: str, left: Expression, right: Expression, kept: Domain, state: State) -> None:
        one, other = self.evaluate(left, state)[0], self.evaluate(right, state)[0]
        if not (isinstance(kept, Numbers) and isinstance(one, Numbers) and isinstance(other, Numbers)):
            return
        first = left_of(function, kept, other, one.kind)
        if first is not None:
            self.refine(left, first, state)
        second = right_of(function, kept, one, other.kind)
        if second is not None:
            self.refine(right, second, state)

    def _refine_size(self, holder: Expression, kept: Domain, state: State) -> None:
        found = self.evaluate(holder, state)[0]
        if not isinstance(kept, Numbers):
            return
        low, high = int(kept.low), int(kept.high)
        if isinstance(found, Sized):
            self.refine(holder, Sized(found.kind, low, high, found.element), state)
        elif isinstance(found, Text | Choice):
            self.refine(holder, Text(low, high), state)

    def _refine_default(self, perhaps: Expression, default: Expression, kept: Domain, state: State) -> None:
        """Narrow by `a.?b.orValue(c)`: what is not the default has been there."""
        if not isinstance(perhaps, Select) or not perhaps.optional:
            return
        path = self.path(perhaps.operand)
        if path is None or path[0] in self.definitions or path[0] not in state.types:
            return
        if meet(self.evaluate(default, state)[0], kept) is NOTHING:
            state.require((*path, perhaps.field))
            state.narrow((*path, perhaps.field), kept)


def _plain(one: Domain, other: Domain) -> bool:
    """Say whether the domain of one side tells all of a comparison with the other, so that no relation is needed."""
    for this, that in ((one, other), (other, one)):
        if isinstance(this, Numbers) and this.low == this.high and isinstance(that, Numbers) and that.kind == this.kind:
            return True
        if isinstance(this, Choice) and len(this.values) == 1 and isinstance(that, Choice):
            return True
    return False


def _beside(own: Domain, other: Domain, signs: Signs) -> Domain:
    """Return what is left of one side of a comparison that comes out as one of `signs`."""
    match own, other:
        case Numbers(), Numbers():
            return bounded_by(own, other, signs)
        case Choice(values), (Choice() | Text()):
            return Choice(frozenset(v for v in values if signs & signs_of(Choice(frozenset({v})), other)))
        case Text(), (Choice() | Text()):
            if signs == {0}:
                return meet(own, other)
            if isinstance(other, Choice) and len(other.values) == 1 and 0 not in signs:
                return Text(own.low, own.high, own.prefix, own.suffix, frozenset(str(v) for v in other.values))
        case Sized(), Sized() if own.kind == other.kind:
            if signs == {0}:
                return Sized(own.kind, other.low, other.high, own.element, other.having)
            if 0 not in signs and other.high == 0:
                return Sized(own.kind, 1, own.high, own.element)
    return own
