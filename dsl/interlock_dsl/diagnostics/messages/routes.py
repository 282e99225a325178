"""Routes, joins, loops and the shape they make."""

from collections.abc import Iterable, Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed, path
from interlock_dsl.diagnostics.source import Span

INVALID = "invalid-route"


def into_start(span: Span) -> Diagnostic:
    """A route to `start`."""
    return diagnose(INVALID, "no route leads to `start`", span, "a run starts once", help="name the step to go back to")


def from_end(name: str, span: Span, declared: Span) -> Diagnostic:
    """A route from an end."""
    return diagnose(INVALID, f"`{name}` is an end: nothing comes after it", span, "", Label(declared, "declared here"))


def start_alone(what: str, span: Span) -> Diagnostic:
    """A clause that a route from `start` cannot have."""
    return diagnose(INVALID, f"a route from `start` cannot {what}", span, "before it nothing has run")


def same_place(what: str, name: str, span: Span, first: Span) -> Diagnostic:
    """A source or target named twice in one route."""
    return diagnose(
        INVALID, f"`{name}` is twice among the {what} of this route", span, "again here", Label(first, "first here")
    )


def when_and_otherwise(span: Span) -> Diagnostic:
    """A route with a condition that is also taken otherwise."""
    return diagnose(
        INVALID,
        "a route has either `when` or `otherwise`",
        span,
        "has both",
        help="`otherwise` is taken when no `when` of the same step holds: remove one of the two",
    )


def two_otherwise(source: str, span: Span, first: Span) -> Diagnostic:
    """Two routes of a group that are taken when no other is."""
    return diagnose(INVALID, f"{source} has two `otherwise` routes", span, "the second", Label(first, "the first"))


def two_unconditional(source: str, span: Span, first: Span, together: str) -> Diagnostic:
    """A route that is always taken beside another of the same group."""
    return diagnose(
        "overlapping-routes",
        f"two routes from {source} can both be taken",
        span,
        "always taken",
        Label(first, "and so is this one" if together else "while this one may be taken too"),
        help=f"give them conditions, or run both at once: `{together}`"
        if together
        else "give it a `when`, or write `otherwise`",
    )


def implied(source: str, first: str, span: Span, implied: Span) -> Diagnostic:
    """A route whose condition never holds alone: whenever it does, that of another of the same group does."""
    return diagnose(
        "overlapping-routes",
        f"two routes from {source} can both be taken",
        span,
        "whenever this holds",
        Label(implied, "this holds, too"),
        help=f"write `otherwise` for one of them, or `routes {first} first` for the first that holds in written order",
    )


def join_with_trigger(trigger: str, span: Span) -> Diagnostic:
    """`a, b -> c on failure`."""
    return diagnose(
        INVALID,
        f"`on {trigger}` is about one step",
        span,
        "has several sources",
        help="write one route for each source",
    )


def merge_of_one(span: Span) -> Diagnostic:
    """`merge` with a single source."""
    return diagnose(INVALID, "there is nothing to merge: the route has one source", span, help="remove `merge`")


def merge_count(wanted: int, sources: int, span: Span) -> Diagnostic:
    """More sources wanted than there are, or none."""
    return diagnose(
        INVALID, f"{wanted} of {sources} sources can never arrive", span, help=f"write a number from 1 to {sources}"
    )


def merge_of(written: int, sources: int, span: Span) -> Diagnostic:
    """`merge 2 of 3` with other than three sources."""
    return diagnose(INVALID, f"the route has {sources} sources, not {written}", span, help=f"write `of {sources}`")


def end_among_targets(name: str, span: Span) -> Diagnostic:
    """`a -> b, done`."""
    return diagnose(
        INVALID, f"`{name}` is an end: it would stop what runs beside it", span, help="let the branches join first"
    )


def back_to_several(span: Span) -> Diagnostic:
    """A route back to more than one step."""
    return diagnose(INVALID, "a route back leads to one step", span, "has several targets")


def expiry_without_deadline(span: Span) -> Diagnostic:
    """`escalate ... on expiry` with nothing that expires."""
    return diagnose(
        INVALID,
        "nothing on this route expires",
        span,
        "",
        help="give the approval a deadline: `after approval by ROLE within 4h`",
    )


def approval_without_expiry(role: str, span: Span) -> Diagnostic:
    """An approval that may be waited for without end."""
    return diagnose(
        "approval-without-expiry",
        f"the run waits for `{role}` without end",
        span,
        "never expires",
        help=f"write `after approval by {role} within 4h`",
    )


def no_start(span: Span) -> Diagnostic:
    """A workflow that never starts."""
    return diagnose("unreachable-step", "no route leaves `start`", span, "", help="write `start -> FIRST_STEP`")


def nothing_to_do(span: Span) -> Diagnostic:
    """A workflow without an end."""
    return diagnose("no-path-to-end", "the workflow has no end", span, "", help="declare where it finishes: `end done`")


def unreachable(kind: str, name: str, span: Span) -> Diagnostic:
    """A step or end that no route leads to."""
    return diagnose(
        "unreachable-step",
        f"no way leads from `start` to the {kind} `{name}`",
        span,
        help=f"write a route `... -> {name}`, or remove it",
    )


def dead_end(name: str, span: Span) -> Diagnostic:
    """A step that nothing follows."""
    return diagnose(
        "dead-end-step",
        f"nothing follows `{name}`",
        span,
        "the run stops here",
        help=f"write a route `{name} -> ...` to a step or an end",
    )


def no_way_out(name: str, span: Span, bound: Span) -> Diagnostic:
    """A step whose routes all go back, so many times, and nowhere after that."""
    return diagnose(
        "dead-end-step",
        f"nothing follows `{name}` once the way back is used up",
        span,
        "",
        Label(bound, "after that the run stops"),
        help="say where it goes then: `at most 3 times, then -> ...`",
    )


def too_few_people(count: int, of: int, span: Span) -> Diagnostic:
    """An approval by more people than there are."""
    return diagnose(
        INVALID, f"{count} of {of} people can never approve", span, help=f"write a number from 1 to {of} before `of`"
    )


def unbounded(cycle: Sequence[str], span: Span) -> Diagnostic:
    """A cycle of routes without a bound."""
    return diagnose(
        "unbounded-loop",
        f"this route goes back to `{cycle[0]}` without a bound",
        span,
        "may be taken for ever",
        note=f"the cycle is {path(cycle)}",
        help="add `at most 3 times, then -> ...`",
    )


def way_out_leads_back(cycle: Sequence[str], span: Span) -> Diagnostic:
    """A `then` that closes a cycle."""
    return diagnose(
        "unbounded-loop",
        "the way out of the loop leads back into it",
        span,
        "after `then`",
        note=f"the cycle is {path(cycle)}",
        help="after `then` name a step or an end that comes later",
    )


def needless_bound(source: str, target: str, span: Span, word: str = "at most") -> Diagnostic:
    """`at most` (or `backtrack at most`) on a route that goes forward."""
    return diagnose(
        INVALID,
        f"this route goes forward: nothing leads from `{target}` back to {source}",
        span,
        "taken once at most in any case",
        help=f"remove `{word}`",
    )


def back_across_branches(source: str, target: str, span: Span) -> Diagnostic:
    """A route back out of, or into, branches that run at once."""
    return diagnose(
        "unbounded-loop",
        f"a route back from {source} to `{target}` would leave the branches that run beside it",
        span,
        help="go back to a step of the same branch, or after the branches have joined",
    )


def not_entered_before(source: str, target: str, span: Span) -> Diagnostic:
    """`backtrack` to a step that need not have been entered."""
    return diagnose(
        INVALID,
        f"{source} may be reached without `{target}`, so that there may be nothing to go back to",
        span,
        f"what was done since `{target}` was entered",
        help="go back to a step that every way leads through",
    )


def never_together(left: str, right: str, span: Span) -> Diagnostic:
    """A join of steps that never both run."""
    return diagnose(
        "join-never-satisfied",
        f"`{left}` and `{right}` never run at once, so this join waits for ever",
        span,
        "both are waited for",
        help="join only steps of branches that one route opened: `a -> b, c`, then `b, c -> d merge all`",
    )


def two_joins(name: str, span: Span, first: Span) -> Diagnostic:
    """A step that is a source of two different joins."""
    return diagnose(
        "join-never-satisfied",
        f"`{name}` takes part in two joins",
        span,
        "joins here",
        Label(first, "and with others here"),
        help="name the same sources and the same `merge` in both routes, and tell them apart with `when`",
    )


def never_arrives(name: str, span: Span, own: Span) -> Diagnostic:
    """A source of a join that always goes another way."""
    return diagnose(
        "join-never-satisfied",
        f"`{name}` never arrives at this join, which waits for ever",
        span,
        "joins here",
        Label(own, "but always goes on here"),
        help=f"say with `when` in which case `{name}` goes on alone: otherwise it joins",
    )


def unmerged(name: str, span: Span, first: Span, sources: Iterable[str]) -> Diagnostic:
    """Branches that run at once and lead to one step without a join."""
    joined = ", ".join(sources)
    return diagnose(
        "unmerged-branches",
        f"two branches that run at once both lead to `{name}`",
        span,
        "from one branch",
        Label(first, "from the other"),
        help=f"let them join: `{joined} -> {name} merge all`, or `merge any` for the first that arrives",
    )


def infeasible(what: str, least: int | str, budget: int | str, span: Span, way: Sequence[str]) -> Diagnostic:
    """A budget that no way to an end keeps."""
    return diagnose(
        "infeasible-budget",
        f"no run can finish within {budget} {what}",
        span,
        f"at least {least} are needed",
        note=f"the shortest way is {path(way)}" if way else None,
        help=f"raise it to {least} or more",
    )


def parallel_read(reader: str, name: str, span: Span, declared: Span) -> Diagnostic:
    """A step that reads what runs beside it."""
    return diagnose(
        "parallel-prerequisite",
        f"`{name}` runs at the same time as {reader}, so its output may not be there",
        span,
        "not finished yet",
        Label(declared, "runs beside it"),
        help="read it after the branches have joined",
    )


def not_yet(name: str, span: Span, declared: Span, after: str) -> Diagnostic:
    """A read of what no path has written."""
    return diagnose(
        "read-before-write",
        f"`{name}` has not run {after}",
        span,
        "has no output yet",
        Label(declared, "runs later, or on another path"),
    )


ASKED_ON_ROUTE = "that a route here asks for it is not kept at its target: ask again where it is read"


def kept(name: str, *, empty: bool) -> str:
    """Return how to ask whether a step has run whose output has no fields."""
    value = "there: true" if empty else f"all: {name}"
    asked = "there" if empty else "all"
    return f"let a step right behind it keep that, `step kept sets {{ {value} }}`, and ask `has(kept.{asked})`"


def maybe_passed(name: str, span: Span, declared: Span) -> Diagnostic:
    """A `pass` of what some path has not written."""
    return diagnose(
        "unguarded-optional",
        f"`{name}` has not run on every path that arrives here",
        span,
        "may be absent",
        Label(declared, "skipped on some path"),
        help="pass it only on a route that always comes after it",
    )


def no_element(number: str, type: object, span: Span) -> Diagnostic:
    """A `pass` of an element that the type of a value says is never there."""
    help = "elements are counted from 0" if str(type).startswith("list<") else "only lists have elements"
    return diagnose("type-mismatch", f"`{type}` has no element `[{number}]`", span, help=help)


def no_failure(span: Span, ordinary: Span | None, failing: bool) -> Diagnostic:
    """`failure` where nothing has failed, or not on every path.

    `ordinary` is a route there on which nothing has failed; `failing` says whether something has on another.
    """
    help = "it is there on a route with `on failure` and the like, and in what only such routes lead to"
    if failing:
        help = "use a separate step or end for the routes on a failure"
    labels = () if ordinary is None else (Label(ordinary, "nothing has failed on this way"),)
    what = "nothing has certainly failed here"
    return diagnose("undefined-reference", what, span, "there is no `failure` here", *labels, help=help)


def start_passed(span: Span, parameters: Iterable[str]) -> Diagnostic:
    """`pass start`."""
    known = listed(parameters)
    return diagnose(
        "undefined-reference", "`start` has no output", span, help=f"pass a parameter: {known}" if known else None
    )
