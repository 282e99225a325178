"""What several pieces of generated code share: constants, functions of their own, and local variables.

Names are made here and nowhere else: those of globals begin with an underscore, those of locals are a letter and a
number, and the code sees no builtins.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Final, NoReturn

from interlock_dsl.cel import units, values
from interlock_dsl.cel.addresses import Address, Network
from interlock_dsl.cel.compiled.pieces import BINDINGS, Known, constant, name
from interlock_dsl.cel.urls import Url
from interlock_dsl.cel.values import Duration, Optional, Timestamp, TypeValue, UInt

Key = tuple[str | int, ...]
"""A chain of reads: the name of a variable of the scope or the number of a local one, then fields."""


class GiveUp(Exception):
    """Raised by generated code: the interpreter has to answer."""


class Unsupported(Exception):
    """Raised while generating: this expression is for the interpreter alone."""


def _give_up() -> NoReturn:
    raise GiveUp


def _contains(item: object, among: Iterable[object]) -> bool:
    return any(values.equal(item, other) for other in among)


CLASSES: Final[Mapping[str, type]] = {
    "bool": bool,
    "int": int,
    "uint": UInt,
    "double": float,
    "string": str,
    "bytes": bytes,
    "list": list,
    "map": dict,
    "record": dict,
    "timestamp": Timestamp,
    "duration": Duration,
    "optional": Optional,
    "type_value": TypeValue,
    "ip": Address,
    "cidr": Network,
    "url": Url,
}
"""The class of Python that a value of each kind has in the compiled tier; any other is left to the interpreter."""

GLOBALS: Final[Mapping[str, object]] = {
    "__builtins__": {},
    "_Exception": Exception,
    "_give_up": _give_up,
    "_type": type,
    "_len": len,
    "_enumerate": enumerate,
    "_equal": values.equal,
    "_order": values.order,
    "_adapt": values.adapt,
    "_comparing": units.comparing,
    "_contains": _contains,
    "_NUMBERS": frozenset((int, float, UInt)),
    "_MISSING": values.MISSING,
    **{f"_{kind}": of for kind, of in CLASSES.items()},
}


class Unit:
    """One module of generated code."""

    def __init__(self) -> None:
        self.globals: dict[str, object] = dict(GLOBALS)
        self.functions: list[ast.stmt] = []
        self._made = 0
        self._checks = 0

    def number_locals(self) -> int:
        """Return where the numbers of one more check's local variables begin, so that no two are the same."""
        self._checks += 1
        return self._checks * 1_000_000

    def local(self) -> str:
        """Return a name for a local variable that no other has."""
        self._made += 1
        return f"v{self._made}"

    def shared(self, value: object) -> ast.expr:
        """Return code for a value that is made once: a constant, or a global."""
        if value is None or type(value) in (bool, int, float, str, bytes):
            return constant(value)
        self._made += 1
        self.globals[f"_g{self._made}"] = value
        return name(f"_g{self._made}")

    def define(self, parameters: Iterable[str], body: list[ast.stmt]) -> ast.expr:
        """Add a function and return its name as code."""
        self._made += 1
        id = f"_f{self._made}"
        self.functions.append(function(id, parameters, body))
        return name(id)

    def build(self, id: str, parameters: Iterable[str], body: list[ast.stmt]) -> FunctionType:
        """Compile everything and return the function with this body."""
        module = ast.Module([*self.functions, function(id, parameters, body)], [])
        code = builtins.compile(module, "<expression>", "exec", dont_inherit=True, optimize=0)
        parts = [part for part in code.co_consts if isinstance(part, CodeType)]
        made = {part.co_name: FunctionType(part, self.globals) for part in parts}
        self.globals.update(made)
        return made[id]


def function(id: str, parameters: Iterable[str], body: list[ast.stmt]) -> ast.stmt:
    """Return `def id(parameters): body`."""
    arguments = ast.arguments(
        [], [ast.arg(each, lineno=1, col_offset=0) for each in parameters], None, [], [], None, []
    )
    return ast.FunctionDef(id, arguments, body, [], lineno=1, col_offset=0)


def result(value: ast.expr) -> ast.stmt:
    """Return `return value`."""
    return ast.Return(value, lineno=1, col_offset=0)


def answering(statement: ast.stmt) -> list[ast.stmt]:
    """Return a body that runs a statement, and asks the interpreter where that raises."""
    ask = result(ast.Call(name("_interpreted"), [name(BINDINGS)], [], lineno=1, col_offset=0))
    nothing = ast.Pass(lineno=1, col_offset=0)
    failed = ast.ExceptHandler(name("_Exception"), None, [nothing], lineno=1, col_offset=0)
    return [ast.Try([statement], [failed], [], [], lineno=1, col_offset=0), ask]


@dataclass(frozen=True, slots=True)
class Uses:
    """How often each chain is read for itself, and how many longer ones begin with it."""

    direct: Counter[Key]
    longer: Counter[Key]

    @classmethod
    def of(cls, keys: Iterable[Key]) -> "Uses":
        """Count the chains read in some code."""
        direct = Counter(keys)
        longer: Counter[Key] = Counter()
        seen = set(direct)
        todo = list(direct)
        while todo:
            prefix = todo.pop()[:-1]
            if prefix:
                longer[prefix] += 1
                if prefix not in seen:
                    seen.add(prefix)
                    todo.append(prefix)
        return cls(direct, longer)

    def repeated(self, key: Key) -> bool:
        """Whether the value of a chain is needed more than once."""
        return self.direct[key] + self.longer[key] > 1


class Frame:
    """The local variables of one function under construction, and those it takes over from the one around it."""

    def __init__(self, unit: Unit, uses: Uses, outer: "Frame | None" = None) -> None:
        self.unit = unit
        self.uses = uses
        self.outer = outer
        self.taken: dict[str, None] = {}
        self._own: set[str] = set()
        self._slots: dict[Key, str] = {}

    def make(self) -> str:
        """Return a new local variable."""
        made = self.unit.local()
        self._own.add(made)
        return made

    def slot(self, key: Key) -> str:
        """Return the local variable of this frame for a chain, made at the first call."""
        if key not in self._slots:
            self._slots[key] = self.make()
        return self._slots[key]

    def assigned(self, key: Key, known: Known) -> str | None:
        """Return the variable, here or further out, that already holds a chain's value."""
        frame: Frame | None = self
        while frame is not None:
            slot = frame._slots.get(key)
            if slot is not None and (slot,) in known:
                return slot
            frame = frame.outer
        return None

    def load(self, slot: str) -> ast.expr:
        """Return code that reads a variable, taking it over from outside where it is not of this frame."""
        if slot not in self._own and slot != BINDINGS:
            self.taken[slot] = None
        return name(slot)
