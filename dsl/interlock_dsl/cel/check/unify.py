"""When a type fits where another is wanted, and the least type that covers two.

Bounds never decide whether a type fits: a bounded integer is an integer. They are kept by `join`, which widens
just enough to cover both. Type parameters are inferred as the specification's implementations do: the first use
binds, and a later, more general one widens.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from interlock_dsl.cel.types import (
    DURATION,
    DYN,
    ERROR,
    NULL,
    TIMESTAMP,
    AbstractType,
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    TypeParameter,
    TypeType,
    UintType,
    WrapperType,
)

Number = TypeVar("Number", int, float)


class Bindings:
    """What type parameters stand for, so far."""

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        self._made = 0

    @property
    def generic(self) -> bool:
        """Whether any type parameter was ever made, that is, whether `resolve` can change a type."""
        return self._made > 0

    def fresh(self) -> TypeParameter:
        """Return a type parameter that no other type mentions."""
        self._made += 1
        return TypeParameter(f"${self._made}")

    def fits(self, *pairs: tuple[Type, Type]) -> bool:
        """Say whether each first type fits where its second is wanted; only if all do are parameters bound."""
        saved = dict(self._bound) if self._made else None
        for offered, wanted in pairs:
            if not self._fits(offered, wanted):
                if saved is not None:
                    self._bound = saved
                return False
        return True

    def join(self, left: Type, right: Type) -> Type:
        """Return the least type that covers two of which one fits the other."""
        left, right = self._known(left), self._known(right)
        if left is right or isinstance(right, TypeParameter):
            return left
        if isinstance(left, TypeParameter) or left in (NULL, ERROR):
            return right
        if left == DYN or right == DYN:
            return DYN
        if right in (NULL, ERROR):
            return left
        if isinstance(left, WrapperType) or isinstance(right, WrapperType):
            return WrapperType(self.join(_unwrapped(left), _unwrapped(right)))
        return self._join_alike(left, right)

    def resolve(self, type: Type, *, unknown: Type | None = None) -> Type:
        """Return a type with bound parameters replaced, and the others by `unknown` where that is given."""
        if not self._made:
            return type
        match type:
            case TypeParameter():
                known = self._known(type)
                if isinstance(known, TypeParameter):
                    return unknown or known
                return self.resolve(known, unknown=unknown)
            case ListType(element, max):
                return ListType(self.resolve(element, unknown=unknown), max)
            case MapType(key, value, max):
                return MapType(self.resolve(key, unknown=unknown), self.resolve(value, unknown=unknown), max)
            case OptionalType(of):
                return OptionalType(self.resolve(of, unknown=unknown))
            case TypeType(of) if of is not None:
                return TypeType(self.resolve(of, unknown=unknown))
            case AbstractType(name, parameters) if parameters:
                return AbstractType(name, tuple(self.resolve(p, unknown=unknown) for p in parameters))
            case _:
                return type

    def instantiate(self, type: Type, fresh: dict[str, Type]) -> Type:
        """Return a signature's type with each of its parameters replaced by one of this use, kept in `fresh`."""
        match type:
            case TypeParameter(name):
                if name not in fresh:
                    fresh[name] = self.fresh()
                return fresh[name]
            case ListType(element, max):
                return ListType(self.instantiate(element, fresh), max)
            case MapType(key, value, max):
                return MapType(self.instantiate(key, fresh), self.instantiate(value, fresh), max)
            case OptionalType(of):
                return OptionalType(self.instantiate(of, fresh))
            case TypeType(of) if of is not None:
                return TypeType(self.instantiate(of, fresh))
            case AbstractType(name, parameters) if parameters:
                return AbstractType(name, tuple(self.instantiate(p, fresh) for p in parameters))
            case _:
                return type

    def _known(self, type: Type) -> Type:
        while isinstance(type, TypeParameter) and type.name in self._bound:
            type = self._bound[type.name]
        return type

    def _fits(self, offered: Type, wanted: Type) -> bool:
        if offered is wanted:
            return True
        if isinstance(wanted, TypeParameter):
            bound = self._bind(wanted, offered)
            if bound is not None:
                return bound
        if isinstance(offered, TypeParameter):
            return bool(self._bind(offered, wanted))
        if offered in (DYN, ERROR) or wanted in (DYN, ERROR):
            return True
        if offered == NULL or wanted == NULL:
            return _nullable(wanted if offered == NULL else offered)
        return self._fits_known(_unwrapped(offered), _unwrapped(wanted))

    def _fits_known(self, offered: Type, wanted: Type) -> bool:
        match offered, wanted:
            case (IntType(), IntType()) | (StringType(), StringType()):
                return True
            case (DoubleType(), DoubleType()) | (UintType(), UintType()) | (TypeType(), TypeType()):
                return True
            case Basic(a), Basic(b):
                return a == b
            case ListType(a), ListType(b):
                return self._fits(a, b)
            case OptionalType(a), OptionalType(b):
                return self._fits(a, b)
            case MapType(key, value), MapType(wanted_key, wanted_value):
                return self._fits(key, wanted_key) and self._fits(value, wanted_value)
            case AbstractType(name, given), AbstractType(wanted_name, parameters):
                alike = name == wanted_name and len(given) == len(parameters)
                return alike and all(map(self._fits, given, parameters))
            case RecordType(), RecordType():
                return self._record_fits(offered, wanted)
            case RecordType(fields=fields), MapType(key, value):
                return self._fits(StringType(), key) and all(self._fits(f.type, value) for f in fields.values())
            case MapType(key), RecordType():
                return self._fits(key, StringType())
            case _:
                return False

    def _record_fits(self, offered: RecordType, wanted: RecordType) -> bool:
        if offered.name and wanted.name:
            return offered.name == wanted.name
        if not offered.fields.keys() <= wanted.fields.keys():
            return False
        return all(
            self._fits(offered.fields[name].type, field.type) if name in offered.fields else field.optional
            for name, field in wanted.fields.items()
        )

    def _bind(self, parameter: TypeParameter, type: Type) -> bool | None:
        """Bind a parameter, or widen what it is bound to. None: it cannot be bound and was not before."""
        if parameter == type:
            return True
        bound = self._bound.get(parameter.name)
        if bound is None:
            if self._occurs(parameter, type):
                return None
            self._bound[parameter.name] = type
            return True
        if bound is type:
            return True
        if not self._fits(type, bound):
            return False
        general = self.join(type, bound)
        if not self._occurs(parameter, general):
            self._bound[parameter.name] = general
        return True

    def _occurs(self, parameter: TypeParameter, type: Type) -> bool:
        match type:
            case TypeParameter():
                known = self._known(type)
                return known == parameter or (known is not type and self._occurs(parameter, known))
            case ListType(of) | OptionalType(of):
                return self._occurs(parameter, of)
            case TypeType(of):
                return of is not None and self._occurs(parameter, of)
            case MapType(key, value):
                return self._occurs(parameter, key) or self._occurs(parameter, value)
            case AbstractType(parameters=parameters):
                return any(self._occurs(parameter, inner) for inner in parameters)
            case _:
                return False

    def _join_alike(self, left: Type, right: Type) -> Type:
        match left, right:
            case IntType(), IntType():
                return IntType(_least(left.low, right.low), _most(left.high, right.high))
            case UintType(), UintType():
                return UintType(_least(left.low, right.low), _most(left.high, right.high))
            case DoubleType(), DoubleType():
                return DoubleType(_least(left.low, right.low), _most(left.high, right.high))
            case StringType(), StringType():
                return _join_text(left, right)
            case ListType(a, a_max), ListType(b, b_max):
                return ListType(self.join(a, b), _most(a_max, b_max))
            case MapType(k, v, a_max), MapType(l, w, b_max):
                return MapType(self.join(k, l), self.join(v, w), _most(a_max, b_max))
            case OptionalType(a), OptionalType(b):
                return OptionalType(self.join(a, b))
            case AbstractType(name, a), AbstractType(_, b):
                return AbstractType(name, tuple(map(self.join, a, b)))
            case TypeType(a), TypeType(b):
                return left if a == b else TypeType()
            case RecordType(), MapType():
                return right
            case RecordType(), RecordType():
                return self._join_records(left, right)
            case _:
                return left

    def _join_records(self, left: RecordType, right: RecordType) -> RecordType:
        """Return the larger of two records, with the bounds of both, and optional what either may lack."""
        kept, other = (right, left) if not left.name or len(left.fields) < len(right.fields) else (left, right)
        if kept == other or (kept.name and kept.name == other.name):
            return kept
        fields = {
            name: replace(
                field,
                type=self.join(field.type, other.fields[name].type),
                optional=field.optional or other.fields[name].optional,
                labels=field.labels | other.fields[name].labels,
            )
            if name in other.fields
            else field
            for name, field in kept.fields.items()
        }
        return kept if fields == kept.fields and kept.cases is None else RecordType("", fields)


def assignable(offered: Type, wanted: Type) -> bool:
    """Say whether every value of the first type is one of the second, bounds included.

    `dyn` on either side is accepted: what it holds is for the check at run time to say.
    """
    if not Bindings().fits((offered, wanted)):
        return False
    return _within(offered, wanted)


def _within(offered: Type, wanted: Type) -> bool:
    match offered, wanted:
        case (
            (IntType(low, high), IntType(least, most))
            | (UintType(low, high), UintType(least, most))
            | (DoubleType(low, high), DoubleType(least, most))
        ):
            above = least is None or (low is not None and low >= least)
            return above and (most is None or (high is not None and high <= most))
        case StringType(), StringType():
            return _text_within(offered, wanted)
        case ListType(a, a_max), ListType(b, b_max):
            return (b_max is None or (a_max is not None and a_max <= b_max)) and _within(a, b)
        case MapType(k, v, a_max), MapType(l, w, b_max):
            return (b_max is None or (a_max is not None and a_max <= b_max)) and _within(k, l) and _within(v, w)
        case (OptionalType(a), OptionalType(b)) | (WrapperType(a), WrapperType(b)):
            return _within(a, b)
        case WrapperType(), other:
            return other == DYN
        case RecordType(fields=given), RecordType(fields=fields):
            return all(
                name in given and _within(given[name].type, field.type) and (field.optional or not given[name].optional)
                if name in given
                else field.optional
                for name, field in fields.items()
            )
        case _:
            return True


def _text_within(offered: StringType, wanted: StringType) -> bool:
    if wanted.values is not None and (offered.values is None or not set(offered.values) <= set(wanted.values)):
        return False
    longest = text_max(offered)
    return wanted.max is None or (longest is not None and longest <= wanted.max)


def text_max(text: StringType) -> int | None:
    """Return the length in code points of the longest text of a type, None where nothing bounds it."""
    if text.values is not None:
        return max(map(len, text.values), default=0)
    return text.max


def _join_text(left: StringType, right: StringType) -> StringType:
    if left.values is not None and right.values is not None:
        return StringType(tuple(dict.fromkeys(left.values + right.values)))
    return StringType(max=_most(text_max(left), text_max(right)))


def _least(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else min(left, right)


def _most(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else max(left, right)


def _nullable(type: Type) -> bool:
    return type in (TIMESTAMP, DURATION, NULL) or isinstance(
        type, WrapperType | AbstractType | OptionalType | RecordType
    )


def _unwrapped(type: Type) -> Type:
    return type.of if isinstance(type, WrapperType) else type


def kind(type: Type) -> str:
    """Return a short name for what a type is without its bounds and parameters (`int`, `list`, `record`, ...)."""
    match type:
        case Basic(name):
            return name
        case WrapperType(of):
            return kind(of)
        case AbstractType(name="net.IP" | "net.CIDR" | "net.URL" as name):
            return name.removeprefix("net.").lower()
        case _:
            return KINDS.get(type.__class__, "other")


KINDS: Mapping[type[Type], str] = {
    IntType: "int",
    UintType: "uint",
    DoubleType: "double",
    StringType: "string",
    ListType: "list",
    MapType: "map",
    RecordType: "record",
    OptionalType: "optional",
    TypeType: "type",
    AbstractType: "abstract",
    TypeParameter: "parameter",
}
