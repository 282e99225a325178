"""Tables and tests."""

from collections.abc import Iterable, Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, instead, listed
from interlock_dsl.diagnostics.source import Span


def row_after_otherwise(span: Span, otherwise: Span) -> Diagnostic:
    """A row that `otherwise` always comes before."""
    return diagnose(
        "row-after-otherwise",
        "no row comes after `otherwise`",
        span,
        "never reached",
        Label(otherwise, "takes everything"),
    )


def no_rows(name: str, span: Span) -> Diagnostic:
    """A table that never says anything."""
    return diagnose("empty-table", f"the table `{name}` has no rows", span, help="add `when ... then ...`")


def nothing_expected(title: str, span: Span) -> Diagnostic:
    """A test that holds whatever happens."""
    return diagnose(
        "vacuous-test",
        f"the test `{title}` expects nothing",
        span,
        "holds whatever happens",
        help="write what must happen, such as `expect ends ...`",
    )


def which_workflow(span: Span, workflows: Iterable[str]) -> Diagnostic:
    """A test that does not say what it tests."""
    known = list(workflows)
    if not known:
        help = "write `workflow ...`, or `call ...` in the test if it is one of policies"
        return diagnose("undefined-reference", "there is no workflow to test", span, help=help)
    return diagnose(
        "undefined-reference",
        "there are several workflows to test",
        span,
        help=f"write `of {known[0]}` after the title: there is {listed(known)}",
    )


def only_of_policies(what: str, span: Span) -> Diagnostic:
    """What belongs to a test of policies, in one of a workflow."""
    return diagnose(
        "misplaced-line",
        f"{what} belongs to a test of policies, and this is one of a workflow",
        span,
        help="write a test of its own for the policies: it proposes calls, and starts no workflow",
    )


def only_of_workflows(what: str, span: Span, instead: str | None = None) -> Diagnostic:
    """What belongs to a test of a workflow, in one of policies."""
    message = f"{what} belongs to a test of a workflow, and this one proposes calls to the policies"
    return diagnose("misplaced-line", message, span, help=instead)


def of_both(span: Span) -> Diagnostic:
    """A test of policies that names a workflow."""
    message = "a test that proposes calls is of the policies alone"
    return diagnose("misplaced-line", message, span, help="leave the workflow out, or the calls")


def no_call_before(what: str, span: Span) -> Diagnostic:
    """An expectation about the last call where there is none."""
    return diagnose("misplaced-line", f"{what} is about the last `call`, and there is none before it", span)


def not_given(name: str, type: object, span: Span, declared: Span) -> Diagnostic:
    """A test that leaves a parameter of the workflow out."""
    return diagnose(
        "missing-argument",
        f"the workflow needs `{name}`",
        span,
        "not given",
        Label(declared, "declared here"),
        help=f"add `given {name} ...`, of type `{type}`",
    )


def runs_nothing(path: str, span: Span) -> Diagnostic:
    """A path into a step that runs no workflow."""
    before = path.rpartition("/")[0]
    return diagnose(
        "undefined-reference",
        f"there is no step `{path}`",
        span,
        f"`{before}` runs no workflow",
        help="a path leads into a step that `runs` a workflow, to a step of that",
    )


def taken_once(step: str, span: Span, declared: Span) -> Diagnostic:
    """A row of a step that has none."""
    return diagnose(
        "undefined-reference",
        f"`{step}` has no rows",
        span,
        "is taken once",
        Label(declared, "declared here, without `for each`"),
        help=f"write `{step}`",
    )


def never_gone_back(step: str, span: Span, declared: Span) -> Diagnostic:
    """An expectation that a run backtracks to a step that no route backtracks to."""
    return diagnose(
        "undefined-reference",
        f"no route backtracks to `{step}`",
        span,
        "",
        Label(declared, "declared here"),
        help="name the step behind `->` of a route with `backtrack at most`",
    )


def no_visit(path: str, span: Span) -> Diagnostic:
    """A visit with the number 0."""
    return diagnose("undefined-reference", f"there is no visit `{path}`: they are counted from 1", span)


def row_beyond(path: str, most: int, span: Span, declared: Span) -> Diagnostic:
    """A row that a list cannot have."""
    return diagnose(
        "undefined-reference",
        f"there is no row `{path}`: the first is 0, the last at most {most - 1:_}",
        span,
        "",
        Label(declared, f"at most {most:_} rows"),
    )


def wrong_step(name: str, wanted: str, span: Span, declared: Span) -> Diagnostic:
    """`agent` or `person` before a step of another form."""
    return diagnose(
        "undefined-reference", f"`{name}` is not a step {wanted}", span, "", Label(declared, "declared here")
    )


def nobody_waits(workflow: str, event: str, span: Span, events: Iterable[str]) -> Diagnostic:
    """An event of a test for which no step of the workflow waits."""
    known = sorted(events)
    help = instead(event, known) or (f"it waits for {listed(known)}" if known else "add a step that `waits for event`")
    return diagnose("undefined-reference", f"no step of `{workflow}` waits for the event `{event}`", span, help=help)


def invalid_data(event: str, problems: Sequence[str], span: Span) -> Diagnostic:
    """The data of an event that no step which waits for it takes."""
    told = "; ".join(dict.fromkeys(problem.removeprefix("value: ") for problem in problems))
    return diagnose("type-mismatch", f"the data of `{event}` does not fit: {told}", span)


def invalid_value(problems: Sequence[str], span: Span) -> Diagnostic:
    """A given value that is not of the type of its parameter."""
    return diagnose(
        "type-mismatch",
        f"the value is not valid: {problems[0].removeprefix('value: ')}",
        span,
        note="; ".join(problems[1:]) or None,
    )


def not_constant(message: str, span: Span) -> Diagnostic:
    """A value of a test that cannot be computed."""
    return diagnose("type-mismatch", f"this value cannot be computed: {message}", span, help="write a plain value")


def no_context(span: Span) -> Diagnostic:
    """A test that gives a context which the program does not declare."""
    return diagnose(
        "undefined-reference",
        "the program declares no context",
        span,
        help='declare what the service says of the circumstances: `context { risk: enum("low", "high") }`',
    )


def said_twice(what: str, span: Span, first: Span) -> Diagnostic:
    """A line that a test has once, written again."""
    return diagnose(
        "repeated-clause", f"{what} is written twice", span, "", Label(first, "first here"), help="keep one of the two"
    )


def nothing_withheld(tool: str, what: str, span: Span) -> Diagnostic:
    """An expectation that attempts at calls of a tool are withheld by what it does not have."""
    return diagnose(
        "undefined-reference",
        f"`{tool}` has no {what}",
        span,
        "never withheld by it",
        help="write the clause in the declaration of the tool, such as `rate 100 per 1m`",
    )


def no_such_rule(rule: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """An expected rule that no policy and no promise has."""
    ids = list(known)
    return diagnose(
        "undefined-reference",
        f"there is no rule `{rule}`",
        span,
        "",
        help=instead(rule, ids) or (f"there is {listed(ids)}" if ids else "no policy has rules"),
    )


def no_such_promise(promise: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """An expected promise that the workflow does not make, or that denies calls only."""
    ids = list(known)
    return diagnose(
        "undefined-reference",
        f"no promise `{promise}` gives a run up",
        span,
        "",
        help=instead(promise, ids) or (f"there is {listed(ids)}" if ids else "write `expect fails`"),
    )


def no_such_key(what: str, name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """An expected argument or value that does not exist."""
    names = list(known)
    return diagnose(
        "undefined-reference",
        f"{what} has no `{name}`",
        span,
        "",
        help=instead(name, names) or (f"it has {listed(names)}" if names else "it has no values"),
    )
