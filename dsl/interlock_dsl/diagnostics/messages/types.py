"""Types and quantities: bounds, enums, records, durations, money."""

from collections.abc import Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.report import diagnose, path
from interlock_dsl.diagnostics.source import Span

LABELS = ("untrusted", "pii", "secret")


def built_in(name: str, span: Span) -> Diagnostic:
    """A declared type with the name of a built-in one."""
    return diagnose("duplicate-definition", f"a type cannot be called `{name}`", span, "built in", help="rename it")


def non_finite(what: str, span: Span) -> Diagnostic:
    """A bound that is no number."""
    return diagnose("non-finite-limit", f"{what} is not a finite number", span, help="give a number with an end")


def too_big(what: str, span: Span) -> Diagnostic:
    """A number that no 64-bit integer can hold."""
    return diagnose(
        "non-finite-limit", f"{what} does not fit 64 bits", span, help="the largest int is 9_223_372_036_854_775_807"
    )


def not_positive(what: str, span: Span) -> Diagnostic:
    """A limit of zero or less."""
    return diagnose("limit-out-of-range", f"{what} must be more than zero", span)


def backwards(low: object, high: object, span: Span) -> Diagnostic:
    """A range whose end is before its beginning."""
    return diagnose(
        "limit-out-of-range",
        f"nothing lies in {low}..{high}",
        span,
        "the low end comes first",
        help=f"write `{high}..{low}`",
    )


def fraction(name: str, span: Span) -> Diagnostic:
    """A bound of an integer that is not whole."""
    return diagnose(
        "type-mismatch",
        f"the bounds of {name} are whole numbers",
        span,
        help=f"for fractions write `double` instead of `{name}`",
    )


def negative_uint(span: Span) -> Diagnostic:
    """A uint that should go below zero."""
    return diagnose("limit-out-of-range", "a uint is never below zero", span, help="write `int`")


def no_bounds(name: str, span: Span) -> Diagnostic:
    """`in` on what has no order."""
    return diagnose("type-mismatch", f"`{name}` takes no `in` bounds", span, help="bounds are for int, uint and double")


def no_max(name: str, span: Span) -> Diagnostic:
    """`max` on what has no size."""
    return diagnose("type-mismatch", f"`{name}` takes no `max`", span, help="`max` is for string, list and map")


def wider(name: str, declared: object, span: Span) -> Diagnostic:
    """Bounds on a declared type that do not narrow it."""
    return diagnose(
        "limit-out-of-range", f"these bounds are wider than those of `{name}`", span, f"`{name}` is `{declared}`"
    )


def empty_enum(span: Span) -> Diagnostic:
    """An enum without values."""
    return diagnose("limit-out-of-range", "an enum needs at least one value", span, help='write `enum("one", "other")`')


def repeated_value(value: str, span: Span) -> Diagnostic:
    """An enum that has a value twice."""
    return diagnose("duplicate-definition", f'the enum has "{value}" twice', span, help="remove one of them")


def too_large_a_type(name: str, problem: str, span: Span) -> Diagnostic:
    """A type that is beyond all bounds when it is written out."""
    return diagnose(
        "too-large",
        f"the type of `{name}` {problem}",
        span,
        "",
        help="refer to what it holds by an id, or split it",
    )


def recursive(cycle: Sequence[str], span: Span, first: Span) -> Diagnostic:
    """A type that contains itself."""
    return diagnose(
        "recursive-type",
        f"`{cycle[0]}` contains itself",
        span,
        "here it comes back",
        *([Label(first, "declared here")] if first != span else []),
        note=path(cycle),
        help="a value has a finite depth: refer to the other by an id",
    )


def bad_key(name: object, span: Span) -> Diagnostic:
    """A map with keys that JSON cannot write."""
    return diagnose(
        "type-mismatch", f"`{name}` cannot be the key of a map", span, help="keys are string, int, uint or bool"
    )


def unknown_label(name: str, span: Span, help: str | None) -> Diagnostic:
    """A label that nobody knows."""
    return diagnose("undefined-reference", f"there is no label `@{name}`", span, "not found", help=help)


def secret(field: str, span: Span) -> Diagnostic:
    """A field whose value would have to stay out of the journal."""
    return diagnose(
        "secret-in-run",
        f"`{field}` cannot be secret: what a run holds is written to its journal",
        span,
        "would be stored in clear text",
        help="pass a reference instead (the name of the secret) and let the tool read the secret itself",
    )


def optional_parameter(name: str, span: Span) -> Diagnostic:
    """A parameter of a workflow that may be absent but has no fields to test for."""
    return diagnose(
        "type-mismatch",
        f"the parameter `{name}` cannot be optional",
        span,
        "no condition could ask whether it is there",
        help="put it into a record: `request: { note?: string }`, then `has(request.note)`",
    )


def answer_is_no_record(name: str, type: object, span: Span) -> Diagnostic:
    """What a model or a person answers with has fields."""
    return diagnose(
        "type-mismatch",
        f"`returns` wants a record, and `{name}` is of type `{type}`",
        span,
        "has no fields that a route could read",
        help=f"name the answer: `returns {{ answer: {name} }}`",
    )


def unwritable(type: object, span: Span) -> Diagnostic:
    """A value of a step or an end that cannot be written down."""
    return diagnose(
        "type-mismatch",
        f"a value of type `{type}` cannot be kept",
        span,
        "it has no form in JSON",
        help="give an optional value a default: `.orValue(...)`",
    )


def backoff_order(span: Span) -> Diagnostic:
    """A backoff that shrinks."""
    return diagnose(
        "limit-out-of-range",
        "the longest wait is shorter than the first",
        span,
        help="write the shorter duration first",
    )


def currency(name: str, wanted: str, span: Span, first: Span) -> Diagnostic:
    """A second currency: amounts of two could not be added up."""
    return diagnose(
        "type-mismatch",
        f"one program counts in one currency, this is {name}",
        span,
        name,
        Label(first, f"counted in {wanted} here"),
        help=f"write every amount in {wanted}",
        edits=(Edit(_word(span, name), wanted),) if _CALLED.get(name.lower(), name.lower()) == wanted else (),
    )


_CALLED = {"dollar": "usd", "dollars": "usd", "euro": "eur", "euros": "eur", "pound": "gbp", "pounds": "gbp"}


def _word(span: Span, word: str) -> Span:
    """Return the place of a word at the end of a span."""
    return Span(span.source, span.end - len(word), span.end)
