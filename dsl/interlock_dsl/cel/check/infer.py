"""The type of every sub-expression, bottom up, with each mistake reported once and where it is.

What does not check has the type `error`, which fits everywhere, so that nothing else is said about it.
"""

from collections.abc import Callable, Mapping

from interlock_dsl.cel.check import messages, operations, presence
from interlock_dsl.cel.check.calls import qualified_name, resolved
from interlock_dsl.cel.check.comprehensions import entries, ranged
from interlock_dsl.cel.check.fields import indexed, selected
from interlock_dsl.cel.check.operators import ARITHMETIC, EQUALITIES, ORDERINGS
from interlock_dsl.cel.check.scope import NAMESPACES, Introduction, LocalReference, TypeReference, VariableReference
from interlock_dsl.cel.check.state import State
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
from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NULL,
    STRING,
    UINT,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    TypeType,
)
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import nearest

LITERALS: Mapping[type, Type] = {
    type(None): NULL,
    bool: BOOL,
    int: INT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
}
"""The types of literals by their class; what is not here is a `UInt`."""

Rule = Callable[[State, Call, "tuple[Type, ...]"], Type]
RULES: Mapping[str, Rule] = {
    "_&&_": operations.truth,
    "_||_": operations.truth,
    "!_": operations.truth,
    "_?_:_": operations.conditional,
    "@in": operations.membership,
    **dict.fromkeys(EQUALITIES, operations.equality),
    **dict.fromkeys(ORDERINGS, operations.ordering),
    **dict.fromkeys(ARITHMETIC, operations.arithmetic),
}
BINARY = RULES.keys() - {"!_", "-_", "_?_:_"}


class Inference:
    """One walk over one expression; what it finds is left in `state`."""

    def __init__(self, state: State) -> None:
        self.state = state
        names = state.scope.variables
        self._qualified_names = bool(state.scope.container) or any("." in name for name in names)

    def infer(self, node: Expression) -> Type:
        """Return the type of a node. Chains of operators, which lean to the left, take no depth."""
        chain: list[Call] = []
        while isinstance(node, Call) and node.function in BINARY:
            chain.append(node)
            node = node.arguments[0]
        type = self.state.types[id(node)] = NODES[node.__class__](self, node)
        while chain:
            call = chain.pop()
            type = self.state.types[id(call)] = self._binary(call, type)
        return type

    def _binary(self, call: Call, left: Type) -> Type:
        state = self.state
        before, after = call.arguments
        ours = state.facts.get(id(before), presence.NOTHING)
        if call.function == "_&&_":
            right = self._given(ours[0], after)
            facts = presence.both(ours, state.facts.get(id(after), presence.NOTHING))
        elif call.function == "_||_":
            right = self._given(ours[1], after)
            facts = presence.either(ours, state.facts.get(id(after), presence.NOTHING))
        else:
            right = self.infer(after)
            facts = presence.NOTHING
            if call.function in ("@in", "_==_", "_!=_"):
                guarded = (presence.guard(call, state.path), presence.NONE)
                facts = presence.together(guarded, state.told(call))
        self._note(call, facts)
        return RULES[call.function](state, call, (left, right))

    def _given(self, known: presence.Paths, node: Expression) -> Type:
        """Infer a node that is evaluated only where `known` is present."""
        if not known:
            return self.infer(node)
        saved = self.state.present
        self.state.present = presence.concluded(saved | known, self.state.cases)
        type = self.infer(node)
        self.state.present = saved
        return type

    def _note(self, node: Expression, facts: presence.Facts) -> None:
        if facts[0] or facts[1]:
            true, false = (presence.concluded(each, self.state.cases) for each in facts)
            self.state.facts[id(node)] = true, false

    def _literal(self, node: Literal) -> Type:
        return LITERALS.get(node.value.__class__, UINT)

    def _name(self, node: Name) -> Type:
        local = None if node.absolute else self.state.locals.get(node.name)
        if local is not None:
            self.state.references[id(node)] = local
            return local.type
        found = self._global(node, node.name, node.absolute)
        if found is not None:
            return found
        names = {*self.state.locals, *self.state.scope.variables}
        return self.state.report(messages.unknown_variable(node.name, node.span, names))

    def _global(self, node: Expression, name: str, absolute: bool) -> Type | None:
        found = self.state.scope.variable(name, absolute)
        if isinstance(found, VariableReference):
            return self.state.variable(node, found)
        if isinstance(found, TypeReference):
            self.state.references[id(node)] = found
            return TypeType(found.type)
        return None

    def _select(self, node: Select) -> Type:
        found = self._qualified(node)
        if found is not None:
            return found
        operand = self._guarded_operand(node.operand) if node.optional else self.infer(node.operand)
        type = selected(self.state, node, operand)
        if type == BOOL:
            self._note(node, self.state.told(node))
        return type

    def _qualified(self, node: Select) -> Type | None:
        """Read the longest chain of names that is a variable (spec: name resolution)."""
        name = qualified_name(node)
        if name is None:
            return None
        root = name.removeprefix(".").partition(".")[0]
        absolute = name.startswith(".")
        if not absolute and root in self.state.locals:
            return None
        if self._qualified_names or root in NAMESPACES:
            found = self._global(node, name.removeprefix("."), absolute)
            if found is not None:
                return found
            if self._only_qualifies(root, absolute):
                variables = self.state.scope.variables
                return self.state.report(messages.unknown_variable(name, node.span, variables))
        return None

    def _only_qualifies(self, root: str, absolute: bool) -> bool:
        """Say whether a name is no variable itself but the beginning of the names of some."""
        scope = self.state.scope
        if scope.variable(root, absolute) is not None:
            return False
        starts = tuple(f"{full}." for full in scope.candidates(root, absolute))
        return any(name.startswith(starts) for name in scope.variables) and not any(
            name in scope.variables for name in starts
        )

    def _guarded_operand(self, node: Expression) -> Type:
        """Infer an operand that is asked whether it has a field: a variable there may be absent."""
        saved, self.state.excused = self.state.excused, id(node)
        type = self.infer(node)
        self.state.excused = saved
        return type

    def _present(self, node: Present) -> Type:
        operand = self._guarded_operand(node.operand)
        if operand != ERROR:
            selected(self.state, node, operand)
        known = self.state.path(node.operand)
        lacking = presence.NONE
        if isinstance(operand, RecordType) and node.field in operand.fields and not operand.fields[node.field].optional:
            # Of a record that is there this field is too.
            lacking = presence.absence(known)
        self._note(node, (presence.guard(node, self.state.path), lacking))
        return BOOL

    def _index(self, node: Index) -> Type:
        operand = self._guarded_operand(node.operand) if node.optional else self.infer(node.operand)
        return indexed(self.state, node, operand, self.infer(node.index))

    def _call(self, node: Call) -> Type:
        state = self.state
        if node.function == "_?_:_":
            return self._choice(node)
        if node.receiver is None and node.function in RULES:
            types = tuple(map(self.infer, node.arguments))
            if node.function == "!_":
                true, false = state.facts.get(id(node.arguments[0]), presence.NOTHING)
                self._note(node, (false, true))
            return RULES[node.function](state, node, types)
        if node.receiver is None:
            return self._function_call(node, node.function)
        prefix = qualified_name(node.receiver)
        full = f"{prefix}.{node.function}" if prefix else None
        if full and state.scope.function(full):
            return self._function_call(node, full)
        if prefix and full and self._unknown_namespace(prefix, full):
            self._arguments(node)
            return state.report(messages.unknown_function(full, node.function_span, state.scope.functions))
        given = [(self.infer(node.receiver), node.receiver.span), *self._arguments(node)]
        function = state.scope.function(node.function)
        if function is None:
            methods = (f.name for f in state.scope.functions.values() if any(o.method for o in f.overloads))
            return state.report(messages.unknown_function(node.function, node.function_span, methods))
        self._note(node, (presence.guard(node, state.path), presence.NONE))
        return resolved(state, node, function, given, method=True)

    def _function_call(self, node: Call, name: str) -> Type:
        state = self.state
        given = self._arguments(node)
        function = state.scope.function(name)
        if function is None:
            return state.report(messages.unknown_function(name, node.function_span, state.scope.functions))
        return resolved(state, node, function, given, method=False)

    def _arguments(self, node: Call) -> list[tuple[Type, Span]]:
        return [(self.infer(argument), argument.span) for argument in node.arguments]

    def _unknown_namespace(self, prefix: str, full: str) -> bool:
        """Say whether a receiver is no value but the beginning of the names of functions."""
        root = prefix.removeprefix(".").partition(".")[0]
        scope = self.state.scope
        if root in self.state.locals or scope.variable(root, prefix.startswith(".")) is not None:
            return False
        starts = tuple(f"{full}." for full in scope.candidates(root))
        if any(name.startswith(starts) for name in scope.variables):
            return False
        return any(name.startswith(starts) for name in scope.functions) or nearest(full, scope.functions) is not None

    def _choice(self, node: Call) -> Type:
        condition, then, otherwise = node.arguments
        given = self.infer(condition)
        facts = self.state.facts.get(id(condition), presence.NOTHING)
        types = (given, self._given(facts[0], then), self._given(facts[1], otherwise))
        self._note(node, presence.choice(facts, self._branch(then), self._branch(otherwise)))
        return operations.conditional(self.state, node, types)

    def _branch(self, node: Expression) -> presence.Branch:
        if isinstance(node, Literal) and isinstance(node.value, bool):
            return (presence.NONE, None) if node.value else (None, presence.NONE)
        return self.state.facts.get(id(node), presence.NOTHING)

    def _list(self, node: ListOf) -> Type:
        element: Type | None = None
        for item in node.items:
            element = self._joined(element, self._item(item.value, item.optional))
        return ListType(self.state.bindings.fresh() if element is None else element)

    def _map(self, node: MapOf) -> Type:
        key: Type | None = None
        value: Type | None = None
        for entry in node.entries:
            key = self._joined(key, self.infer(entry.key))
            value = self._joined(value, self._item(entry.value, entry.optional))
        if key is None or value is None:
            return MapType(self.state.bindings.fresh(), self.state.bindings.fresh())
        return MapType(key, value)

    def _item(self, node: Expression, optional: bool) -> Type:
        type = self.infer(node)
        if not optional:
            return type
        known = self.state.bindings.resolve(type)
        if isinstance(known, OptionalType):
            return known.of
        if known in (DYN, ERROR):
            return known
        return self.state.report(messages.mismatch("an optional after `?`", known, node.span))

    def _joined(self, before: Type | None, type: Type) -> Type:
        """Return the type of the items of a list so far: `dyn` where they have none in common."""
        if before is None:
            return type
        bindings = self.state.bindings
        if before is type or bindings.fits((before, type)) or bindings.fits((type, before)):
            return bindings.join(before, type)
        return DYN

    def _comprehension(self, node: Comprehension) -> Type:
        state = self.state
        range_ = state.bindings.resolve(self.infer(node.range))
        first, second = ranged(state, node, range_)
        types = (first, second) if len(node.variables) == 2 else (first if isinstance(range_, MapType) else second,)
        saved = state.locals
        made = {name: state.local(name, type) for name, type in zip(node.variables, types, strict=True)}
        state.references[id(node)] = Introduction(tuple(made.values()))
        state.locals = {**saved, **made}
        known: presence.Paths = presence.NONE
        if node.condition is not None:
            self._test(node, node.condition)
            known = self._true(node.condition)
        body = self._given(known, node.body)
        state.locals = saved
        match node.kind:
            case "all" | "exists" | "exists_one":
                self._expect_bool(node, node.body, body)
                return BOOL
            case "filter":
                self._expect_bool(node, node.body, body)
                element = presence.narrowed(types[0], (made[node.variables[0]].number,), self._true(node.body))
                return ListType(element, range_.max if isinstance(range_, ListType | MapType) else None)
            case "map" | "transform_list":
                return ListType(body, range_.max if isinstance(range_, ListType | MapType) else None)
            case "transform_map":
                return MapType(first, body, range_.max if isinstance(range_, ListType | MapType) else None)
            case "transform_map_entry":
                return entries(state, node, body)

    def _true(self, node: Expression) -> presence.Paths:
        return self.state.facts.get(id(node), presence.NOTHING)[0]

    def _test(self, node: Comprehension, condition: Expression) -> None:
        self._expect_bool(node, condition, self.infer(condition))

    def _expect_bool(self, node: Comprehension, condition: Expression, type: Type) -> None:
        if not self.state.bindings.fits((type, BOOL)):
            found = self.state.bindings.resolve(type)
            self.state.report(messages.mismatch(BOOL, found, condition.span, " as the condition"))

    def _bind(self, node: Bind) -> Type:
        state = self.state
        local: LocalReference = state.local(node.name, self.infer(node.value))
        path = state.path(node.value)
        if path is not None:
            state.aliases[local.number] = path
        state.references[id(node)] = Introduction((local,))
        saved = state.locals
        state.locals = {**saved, node.name: local}
        type = self.infer(node.body)
        state.locals = saved
        self._note(node, state.facts.get(id(node.body), presence.NOTHING))
        return type


NODES: Mapping[type[Expression], Callable[..., Type]] = {
    Literal: Inference._literal,
    Name: Inference._name,
    Select: Inference._select,
    Present: Inference._present,
    Index: Inference._index,
    Call: Inference._call,
    ListOf: Inference._list,
    MapOf: Inference._map,
    Comprehension: Inference._comprehension,
    Bind: Inference._bind,
}
"""What gives the type of each kind of node."""
