"""Conditions and other expressions, well typed for what is there to read; some have no value for some answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from generated.dice import Dice
from generated.typed import WORDS
from interlock_dsl.cel.types import (
    BOOL,
    STRING,
    Basic,
    Cases,
    DoubleType,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)

PERIODS = ("1h", "30m", "24h")
PARTIAL = 0.12
"""How often an expression may fail: divide, index, convert, look a key up, overflow."""
CARELESS = 0.008
"""How often a condition reads what may not be there: `check` refuses most of these, and must not let a wrong one by."""


@dataclass(frozen=True)
class Read:
    """Something to read, and what has to be there first: `has(guard)` for each guard."""

    path: str
    type: Type
    guards: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    """For guards by which another field says the same: the condition on that one."""

    def guarding(self, dice: Dice) -> str:
        """Return a condition under which it is there."""
        told = dict(self.told)
        return " && ".join(told[each] if each in told and dice.often(0.5) else f"has({each})" for each in self.guards)


def reads_of(
    root: str, type: Type, guards: tuple[str, ...] = (), depth: int = 3, told: tuple[tuple[str, str], ...] = ()
) -> Iterable[Read]:
    """Yield everything under a name."""
    yield Read(root, type, guards, told)
    if isinstance(type, RecordType) and depth:
        for name, held in type.fields.items():
            path = f"{root}.{name}"
            said = (*told, *_told(root, path, name, type.cases))
            yield from reads_of(path, held.type, (*guards, path) if held.optional else guards, depth - 1, said)


def _told(root: str, path: str, name: str, cases: Cases | None) -> Iterable[tuple[str, str]]:
    """Yield a field, and the condition on the field that says whether it is there."""
    values = None if cases is None else cases.having(name)
    if cases is not None and values is not None:
        listed = ", ".join(f'"{value}"' for value in values)
        one = f'{root}.{cases.field} == "{values[0]}"'
        yield path, one if len(values) == 1 else f"{root}.{cases.field} in [{listed}]"


def reads_perhaps(root: str, type: Type) -> Iterable[Read]:
    """Yield what is under the name of a step that may not have run."""
    if isinstance(type, RecordType):
        for name, held in type.fields.items():
            yield from reads_of(f"{root}.{name}", held.type, (f"{root}.{name}",), 1)


@dataclass
class Expressions:
    """Writes expressions over `reads`. `calls` are tools whose history may be asked for, none in tables and keys; with
    `held` also for what the calls held, which needs the tools' declarations.
    """

    dice: Dice
    reads: list[Read]
    calls: tuple[str, ...] = ()
    everywhere: bool = True
    held: bool = True
    careless: list[Read] = field(default_factory=list)
    pairs: list[tuple[Read, Read]] = field(default_factory=list)
    """Two outputs of one type of which one is always there."""

    def boolean(self, depth: int = 2) -> str:
        """Return a condition."""
        dice = self.dice
        if depth and dice.often(0.3):
            left, right = self.boolean(depth - 1), self.boolean(depth - 1)
            match dice.number(0, 3):
                case 0:
                    return f"({left} && {right})"
                case 1:
                    return f"({left} || {right})"
                case 2:
                    return f"!({left})"
                case _:
                    return f"({left} ? {right} : {self.boolean(depth - 1)})"
        if self.careless and dice.often(CARELESS):
            return self._about(dice.one(self.careless))
        if self.everywhere and dice.often(0.12):
            return self._about_everything()
        if not self.reads or dice.often(0.03):
            return dice.one(("true", "1 < 2", "size([1, 2]) == 2"))
        if self.pairs and dice.often(0.3):
            one, other = dice.one(self.pairs)
            return f"(has({one.path}) ? {one.path} : {other.path}) == ({self.of(one.type, 0)})"
        read = dice.one(self.reads)
        if not read.guards:
            return self._about(read)
        if dice.often(0.3) and "." in read.path and len(read.guards) == 1 and read.guards[0] == read.path:
            head, _, last = read.path.rpartition(".")
            other = self.constant(read.type)
            if other is not None:
                return f"{head}.?{last}.orValue({other}) == {other}"
        has = read.guarding(dice)
        return dice.one((f"({has} && {self._about(read)})", f"({has} ? {self._about(read)} : false)", f"!({has})"))

    def _about_everything(self) -> str:
        dice = self.dice
        some = [
            'principal.name == "ann"', '"boss" in principal.roles', 'run.workflow == "w"', "size(principal.roles) < 2",
            'now > timestamp("2020-01-01T00:00:00Z")', 'now - run.started < duration("1h")', 'run.id != ""',
        ]  # fmt: skip
        for tool in self.calls[:4]:
            some += [
                f"calls({tool}).count() >= {dice.number(0, 2)}",
                f'calls({tool}).within("{dice.one(PERIODS)}") > 0',
            ]
            some += (
                [
                    f'calls({tool}).within("{dice.one(PERIODS)}").exists(c, c.at == now || c.agent == "")',
                    f"calls({tool}).sum(c, {dice.one(('1', 'size(c.agent)', 'c.at > run.started ? 2 : 0'))}) > 2",
                ]
                if self.held
                else []
            )
        return dice.one(some)

    def _about(self, read: Read) -> str:
        dice, path = self.dice, read.path
        partial = dice.often(PARTIAL)
        match read.type:
            case IntType(low, high):
                if partial:
                    return dice.one(
                        (f"10 / {path} > 2", f"7 % {path} == 1", f"{path} * 3037000500 < 5", f"[1, 2, 3][{path}] == 2")
                    )
                near = 3 if high is None else min(max(0, low or 0) + 3, high)
                sign = dice.one(("<", "<=", ">", ">=", "==", "!="))
                return f"{path} {sign} {dice.one((near, low or 0, 1))}"
            case UintType():
                return f"{path} {dice.one(('<', '>=', '=='))} 3u"
            case DoubleType():
                return f"{path} {dice.one(('<', '>', '<=', '>='))} {dice.one(('0.5', '1.0', '0.0'))}"
            case StringType(values=None):
                if partial or dice.often(PARTIAL):
                    return dice.one((f"int({path}) > 3", f'timestamp({path}) < timestamp("2026-01-01T00:00:00Z")'))
                word = dice.one(WORDS)
                return dice.one(
                    (f'{path} == "{word}"', f"size({path}) > 2", f'{path}.startsWith("r")', f'{path}.contains("e")',
                     f'{path} != "{word}"', f'{path}.matches("^r.*d$")', f'{path} in ["red", "x"]')
                )  # fmt: skip
            case StringType(values=values):
                word = dice.one(values or ("",))
                return dice.one((f'{path} == "{word}"', f'{path} != "{word}"', f'{path} in ["{word}"]'))
            case Basic("bool"):
                return dice.one((path, f"!{path}"))
            case ListType(element):
                return self._about_list(path, element, partial)
            case MapType(key, _):
                name = '"x"' if isinstance(key, StringType) else "1"
                if partial:
                    return f"{path}[{name}] == {path}[{name}]"
                return dice.one((f"{name} in {path}", f"size({path}) > 1", f"{path}.exists(k, k == {name})"))
            case Basic("timestamp"):
                if partial:
                    return f'{path} + duration("8760h") > {path}'
                return dice.one((f'{path} > timestamp("2020-01-01T00:00:00Z")', f"{path}.getFullYear() < 2000"))
            case Basic("duration"):
                return f'{path} < duration("1h")'
            case Basic("bytes"):
                return f"size({path}) > 1"
            case RecordType(fields=fields):
                name, held = next(iter(fields.items()))
                return f"has({path}.{name})" if held.optional else self._about(Read(f"{path}.{name}", held.type))
            case _:
                return f"{path} == {path}"

    def _about_list(self, path: str, element: Type, partial: bool) -> str:
        dice = self.dice
        if partial:
            return f"{path}[0] == {path}[0]"
        some = [f"size({path}) > {dice.number(0, 2)}", f"{path} == []"]
        if isinstance(element, RecordType) and "ok" in element.fields and element.cases is not None:
            some += self._about_collected(path, element)
        if not isinstance(element, RecordType | ListType | MapType):
            item = Expressions(dice, [Read("x", element)], everywhere=False).boolean(0)
            some += [f"{path}.exists(x, {item})", f"{path}.all(x, {item})", f"size({path}.filter(x, {item})) == 1"]
        return dice.one(some)

    def _about_collected(self, path: str, element: RecordType) -> list[str]:
        """Write conditions over rows of which some have failed."""
        some = [
            f"{path}.exists(x, x.ok)", f"{path}.all(x, x.ok || size(x.failure) > {self.dice.number(0, 60)})",
            f'{path}.exists(x, !x.ok && x.failure.contains("{self.dice.one(("time", "denied", "row", "budget"))}"))',
        ]  # fmt: skip
        if (value := element.fields.get("value")) is not None and not isinstance(value.type, ListType | MapType):
            reads = [read for read in reads_of("x.value", value.type, (), 1) if not isinstance(read.type, RecordType)]
            item = Expressions(self.dice, reads, everywhere=False).boolean(0)
            some += [f"{path}.filter(x, x.ok).exists(x, {item})", f"{path}.all(x, x.ok && {item})"]
        return some

    def constant(self, type: Type) -> str | None:
        """Write a value of a scalar type; None for other types."""
        dice = self.dice
        match type:
            case IntType(low, high):
                low, high = 0 if low is None else low, 9 if high is None else high
                return str(dice.one((low, min(high, low + 3), high)))
            case UintType():
                return "3u"
            case DoubleType():
                return dice.one(("0.5", "1.0"))
            case StringType(values=None):
                return f'"{dice.one(WORDS)}"'
            case StringType(values=values):
                return f'"{dice.one(values or ("",))}"'
            case Basic("bool"):
                return dice.one(("true", "false"))
            case Basic("timestamp"):
                return dice.one(("now", 'timestamp("2026-01-01T00:00:00Z")')) if self.everywhere else "timestamp(0)"
            case Basic("duration"):
                return 'duration("1h")'
            case Basic("bytes"):
                return 'b"abc"'
            case _:
                return None

    def of(self, type: Type, depth: int = 2) -> str:
        """Return an expression for a place of a type: mostly within its bounds, now and then perhaps not."""
        dice = self.dice
        fitting = [read for read in self.reads if read.type == type and self._sure(read)]
        if fitting and dice.often(0.55):
            return self._read(dice.one(fitting))
        matching = [(one, other) for one, other in self.pairs if one.type == type]
        if matching and dice.often(0.5):
            one, other = dice.one(matching)
            return f"(has({one.path}) ? {one.path} : {other.path})"
        if depth and type != BOOL and not _is_enum(type) and dice.often(0.15):
            return f"({self.boolean(0)} ? {self.of(type, depth - 1)} : {self.of(type, depth - 1)})"
        match type:
            case IntType():
                return self._number(type, depth)
            case StringType(values=None):
                return self._text(depth)
            case Basic("bool"):
                return self.boolean(min(depth, 1))
            case DoubleType() if depth and (whole := self._all(IntType)) and dice.often(0.3):
                return f"double({dice.one(whole).path})" if dice.often(0.3) else (self.constant(type) or "0.5")
            case ListType(element, _):
                return "[" + ", ".join(self.of(element, 0) for _ in range(dice.number(0, 2))) + "]"
            case MapType(key, value, _):
                name = '"x"' if isinstance(key, StringType) else "1"
                return dice.one(("{}", f"{{{name}: {self.of(value, 0)}}}"))
            case RecordType(fields=fields):
                held = [f'"{n}": {self.of(f.type, 0)}' for n, f in fields.items() if not f.optional or dice.often(0.5)]
                return "{" + ", ".join(held) + "}"
            case _:
                return self.constant(type) or "null"

    def _sure(self, read: Read) -> bool:
        """Whether a read can stand for a value: an enum is not chosen by a condition, its parts would be any text."""
        return not read.guards or (not _is_enum(read.type) and self.constant(read.type) is not None)

    def _read(self, read: Read) -> str:
        if not read.guards:
            return read.path
        has = " && ".join(f"has({guard})" for guard in read.guards)
        return f"({has} ? {read.path} : {self.constant(read.type)})"

    def _all(self, kind: type) -> list[Read]:
        return [read for read in self.reads if isinstance(read.type, kind) and not read.guards]

    def _number(self, type: IntType, depth: int) -> str:
        dice, whole = self.dice, self._all(IntType)
        if depth and whole and dice.often(0.4):
            path = dice.one(whole).path
            if dice.often(PARTIAL):
                return dice.one((f"100 / {path}", f"{path} * {path}", f"{path} % 7"))
            low, high = (0 if type.low is None else type.low), (9 if type.high is None else type.high)
            return dice.one((path, f"math.greatest({low}, math.least({path}, {high}))", f"{path} + 1"))
        return self.constant(type) or "0"

    def _text(self, depth: int) -> str:
        dice, texts = self.dice, self._all(StringType)
        if depth and texts and dice.often(0.5):
            path = dice.one(texts).path
            return dice.one((path, f'{path} + "!"', f"{path}.lowerAscii()"))
        whole = self._all(IntType)
        if depth and whole and dice.often(0.3):
            return f"string({dice.one(whole).path})"
        return self.constant(STRING) or '""'


def _is_enum(type: Type) -> bool:
    return isinstance(type, StringType) and type.values is not None


def over(type: RecordType, root: str = "") -> list[Read]:
    """Return the reads of a record's fields: under a name, or as names of their own."""
    found: list[Read] = []
    for name, held in type.fields.items():
        path = f"{root}.{name}" if root else name
        found += reads_of(path, held.type, (path,) if held.optional and root else (), 2)
    return [read for read in found if not (not root and type.fields[read.path.split(".")[0]].optional)]


def same_shape(outputs: Mapping[str, Type], names: Iterable[str]) -> list[tuple[Read, Read]]:
    """Return pairs of fields of the same type of different steps."""
    reads = [read for name in names for read in reads_perhaps(name, outputs[name])]
    return [
        (one, other)
        for one in reads
        for other in reads
        if one.type == other.type and one.path.split(".")[0] != other.path.split(".")[0]
        and one.guards == (one.path,) and other.guards == (other.path,)
    ]  # fmt: skip
