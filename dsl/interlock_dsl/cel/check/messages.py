"""What the checker says. Every sentence of it is here."""

from collections.abc import Iterable, Sequence

from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    BOOL,
    NULL,
    DoubleType,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.diagnostics import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.edits import respelt
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import nearest

ELSEWHERE = {
    "not": "`!`", "len": "`size(...)`", "length": "`size(...)`", "lower": "`lowerAscii()`", "upper": "`upperAscii()`",
    "toLowerCase": "`lowerAscii()`", "toUpperCase": "`upperAscii()`", "includes": "`contains(...)`",
    "startswith": "`startsWith(...)`", "endswith": "`endsWith(...)`", "any": "`exists(...)`", "some": "`exists(...)`",
    "every": "`all(...)`", "str": "`string(...)`", "float": "`double(...)`", "date": "`timestamp(...)`",
}  # fmt: skip
"""What other languages call the functions and operators of this one."""
WORDS = {"true": "true", "false": "false", "none": "null", "nil": "null", "null": "null", "undefined": "null"}
"""What other languages call the constants of this one, in any case."""
SHOWN = 8
"""How many alternatives a help line lists."""


def unknown_variable(name: str, span: Span, variables: Iterable[str]) -> Diagnostic:
    """A name that no variable has. What nobody can write (`$...`) is said as it is written, and not offered."""
    known = sorted(each for each in variables if not each.startswith("$"))
    name = span.text if name.startswith("$") else name
    word = WORDS.get(name.casefold())
    return Diagnostic(
        "undefined-reference",
        f"there is no `{name}` here",
        (Label(span, "not found"),),
        help=f"write `{word}`" if word else _instead(name, known) or (f"there is {_listed(known)}" if known else None),
        edits=(Edit(span, word),) if word and span.text == name else respelt(name, known, span),
    )


def unknown_function(name: str, span: Span, functions: Iterable[str]) -> Diagnostic:
    """A call of a function that is not there."""
    known = list(functions)
    return Diagnostic(
        "undefined-reference",
        f"there is no function `{name}`",
        (Label(span, "not found"),),
        help=f"write {ELSEWHERE[name]}" if name in ELSEWHERE else _instead(name, known),
        edits=_renamed(name, span) if name in ELSEWHERE else respelt(name, known, span),
    )


def _renamed(name: str, span: Span) -> tuple[Edit, ...]:
    """Return the edit that calls a function by its name here; its arguments are the same as elsewhere."""
    usual = ELSEWHERE[name].strip("`").removesuffix("()").removesuffix("(...)")
    return (Edit(span, usual),) if span.text == name else ()


def not_a_method(function: Function, span: Span, *, method: bool) -> Diagnostic:
    """A function called in the style it does not have."""
    right = f"value.{function.name}(...)" if method else f"{function.name}(...)"
    return Diagnostic(
        "undefined-reference",
        f"`{function.name}` is not called this way",
        (Label(span, ""),),
        help=f"write `{right}`",
    )


def unknown_field(record: RecordType, field: str, span: Span) -> Diagnostic:
    """A field that the record does not declare."""
    what = f"`{record.name}`" if record.name else "this record"
    return Diagnostic(
        "unavailable-field",
        f"{what} has no field `{field}`",
        (Label(span, "not declared"),),
        help=_instead(field, record.fields) or (f"it has {_listed(record.fields)}" if record.fields else None),
        edits=respelt(field, record.fields, span),
    )


def no_fields(type: Type, field: str, span: Span) -> Diagnostic:
    """A selection from something that has no fields."""
    sized = field in ("length", "size", "count") and isinstance(type, StringType | ListType | MapType)
    return Diagnostic(
        "type-mismatch",
        f"`{type}` has no fields, so not `{field}` either",
        (Label(span, ""),),
        help="write `size()`" if sized else None,
        edits=(Edit(span, "size()"),) if sized and span.text == field else (),
    )


def unguarded(path: str, span: Span, read: str, condition: bool) -> Diagnostic:
    """A read of something that may be absent: `read` is the field that is asked for, in a condition or elsewhere."""
    otherwise = "" if " " in read else f", or `!has({read}) || ...` to be true without it"
    guard = f"guard it: `has({read}) && ...`{otherwise}"
    return Diagnostic(
        "unguarded-optional",
        f"`{path}` may be absent",
        (Label(span, "read without a guard"),),
        help=guard if condition else f"say what stands in its place: `has({read}) ? {read} : ...`",
    )


def mismatch(expected: Type | str, found: Type, span: Span, because: str = "") -> Diagnostic:
    """A value of the wrong type."""
    wanted = f"`{expected}`" if isinstance(expected, Type) else expected
    return Diagnostic(
        "type-mismatch",
        f"expected {wanted}{because}, found `{found}`",
        (Label(span, f"this is `{found}`"),),
    )


def not_comparable(left: tuple[Type, Span], right: tuple[Type, Span], verb: str = "compare") -> Diagnostic:
    """Two operands that do not go together; for `==`, that could never be equal."""
    labels = Label(right[1], f"this is `{right[0]}`"), Label(left[1], f"this is `{left[0]}`")
    instead = _presence(left, right) if verb == "compare" else _as_text(left, right) if verb == "add" else None
    return Diagnostic(
        "type-mismatch",
        f"cannot {verb} `{left[0]}` and `{right[0]}`",
        labels,
        help=f"write `{instead.text}`" if instead else _conversion(left, right),
        edits=(instead,) if instead else (),
    )


def no_operation(verb: str, type: Type, span: Span) -> Diagnostic:
    """An operand that the operator does not take."""
    return Diagnostic("type-mismatch", f"cannot {verb} `{type}`", (Label(span, f"this is `{type}`"),))


def never_equal(value: str, values: Sequence[str], span: Span, other: Span) -> Diagnostic:
    """A literal that an enum does not have, compared with it."""
    close = nearest(value, values)
    given = span == other
    return Diagnostic(
        "type-mismatch",
        f'"{value}" is not one of {_quoted(values)}' if given else f'`{other.text}` is never "{value}"',
        (Label(span, "not one of the values"),) if given else (Label(span, "not one of its values"), Label(other, "")),
        help=f'did you mean `"{close}"`?' if close else f"it is one of {_quoted(values)}",
        edits=respelt(f'"{value}"', [f'"{each}"' for each in values], span),
    )


def disjoint(left: tuple[Type, Span], right: tuple[Type, Span]) -> Diagnostic:
    """Two enums without a value in common, compared."""
    return Diagnostic(
        "type-mismatch",
        f"`{left[1].text}` and `{right[1].text}` have no value in common, so they are never equal",
        (Label(right[1], f"this is `{right[0]}`"), Label(left[1], f"this is `{left[0]}`")),
    )


def wrong_arguments(
    function: str, overloads: Sequence[Overload], given: Sequence[tuple[Type, Span]], wrong: int | None, span: Span
) -> Diagnostic:
    """A call that no overload takes; `wrong` is the argument that is at fault when it is one."""
    function = function.removeprefix("@")
    shapes = tuple(dict.fromkeys(signature(function, overload) for overload in overloads))
    takes = f"it takes {' or '.join(f'`{shape}`' for shape in shapes[:SHOWN])}"
    if wrong is not None:
        wanted = tuple(dict.fromkeys(str(o.parameters[wrong]) for o in overloads if len(o.parameters) == len(given)))
        type, place = given[wrong]
        expected = " or ".join(f"`{name}`" for name in wanted[:SHOWN])
        label = Label(place, f"this is `{type}`")
        return Diagnostic(
            "type-mismatch", f"`{function}` expects {expected} here, found `{type}`", (label,), help=takes
        )
    types = ", ".join(str(type) for type, _ in given)
    return Diagnostic("type-mismatch", f"`{function}` does not take ({types})", (Label(span, ""),), help=takes)


def signature(function: str, overload: Overload) -> str:
    """Return how an overload is called: `string.startsWith(string)`, `size(list<A>)`."""
    parameters = [str(parameter) for parameter in overload.parameters]
    if overload.method:
        return f"{parameters[0]}.{function}({', '.join(parameters[1:])})"
    return f"{function}({', '.join(parameters)})"


def out_of_bounds(value: object, type: Type, span: Span) -> Diagnostic:
    """A literal outside the bounds of the type it is given to."""
    return Diagnostic("type-mismatch", f"{value} is not `{type}`", (Label(span, "out of bounds"),))


def _presence(left: tuple[Type, Span], right: tuple[Type, Span]) -> Edit | None:
    """Return the edit that asks whether a field is there, where it is compared with null."""
    if right[0] != NULL or "." not in left[1].text:
        return None
    whole = left[1].to(right[1])
    sign = whole.source.text[left[1].end : right[1].start].strip()
    return Edit(whole, f"{'!' if sign == '==' else ''}has({left[1].text})") if sign in ("==", "!=") else None


def _as_text(left: tuple[Type, Span], right: tuple[Type, Span]) -> Edit | None:
    """Return the edit that makes a text of a number or a truth value which is added to a text."""
    for (one, _), (other, span) in ((left, right), (right, left)):
        if isinstance(one, StringType) and (isinstance(other, IntType | UintType | DoubleType) or other == BOOL):
            return Edit(span, f"string({span.text})")
    return None


def _conversion(left: tuple[Type, Span], right: tuple[Type, Span]) -> str | None:
    numbers = ("int", "uint", "double")
    one, other = str(left[0]).split(" ")[0], str(right[0]).split(" ")[0]
    if one in numbers and other in numbers:
        return f"convert one of them: `{one}({right[1].text})`"
    return None


def _instead(name: str, candidates: Iterable[str]) -> str | None:
    close = nearest(name, candidates)
    return f"did you mean `{close}`?" if close else None


def _listed(names: Iterable[str]) -> str:
    every = [f"`{name}`" for name in names]
    return ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN} more" if len(every) > SHOWN else "")


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f'`"{value}"`' for value in values[:SHOWN]) + (" and others" if len(values) > SHOWN else "")
