"""The codes that rules of lint report. Each has a module of its name in `analysis/lint`, whose docstring is its page.

What is certain, or has a witness, is reported by default; the rest, and codes marked `strict`, under `--strict`.
"""

from typing import Final

from interlock_dsl.diagnostics.code import Certainty, Code, Severity

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_PROVED, _POSSIBLE, _HEURISTIC = Certainty.PROVED, Certainty.POSSIBLE, Certainty.HEURISTIC
_UNKNOWN = Certainty.UNKNOWN

_PROMISES = "Lint: promises"
_LEADS = "Lint: routes and conditions"
_TABLES = "Lint: tables"
_UPKEEP, _PERMISSIONS, _APPROVALS = "Lint: upkeep", "Lint: permissions", "Lint: approvals and deadlines"
_BUDGETS, _DATA, _TESTS = "Lint: tools and budgets", "Lint: data", "Lint: tests"
_VALUES, _POLICIES = "Lint: values", "Lint: policies"


def _lint(
    name: str, topic: str, severity: Severity, certainty: Certainty, summary: str, *, strict: bool = False
) -> Code:
    return Code(name, topic, severity, certainty, summary, lint=True, strict=strict)


LINT_CODES: Final = (
    _lint("broken-promise", _PROMISES, _ERROR, _PROVED, "a run breaks what its workflow promises"),
    _lint("unproved-promise", _PROMISES, _WARNING, _UNKNOWN, "a promise was neither proved nor refuted"),
    _lint("non-exhaustive-routes", _LEADS, _ERROR, _PROVED, "for some values no route of a step is taken"),
    _lint("beyond-the-type", _VALUES, _WARNING, _PROVED, "the declared types decide a comparison"),
    _lint("out-of-bounds", _VALUES, _ERROR, _POSSIBLE, "a value can be outside of what its type allows"),
    _lint("division-by-zero", _VALUES, _ERROR, _POSSIBLE, "a divisor can be 0"),
    _lint("index-out-of-range", _VALUES, _ERROR, _POSSIBLE, "an item that is read may not be there"),
    _lint("value-may-error", _VALUES, _ERROR, _POSSIBLE, "an argument, an output or a key may have no value"),
    _lint("unknown-time-zone", _VALUES, _ERROR, _PROVED, "a time zone does not exist"),
    _lint("overlapping-routes", _LEADS, _ERROR, _PROVED, "two routes of a step can both be taken"),
    _lint("shadowed-route", _LEADS, _WARNING, _PROVED, "whenever a route holds, one before it does"),
    _lint("unreachable-otherwise", _LEADS, _WARNING, _PROVED, "the other routes cover all values"),
    _lint("always-true-condition", _LEADS, _WARNING, _PROVED, "a condition is true whenever it is considered"),
    _lint("unsatisfiable-condition", _LEADS, _WARNING, _PROVED, "a condition is never true"),
    _lint("grant-refuses-route", _LEADS, _ERROR, _PROVED, "a grant refuses calls that its route lets through"),
    _lint("redundant-route", _LEADS, _WARNING, _PROVED, "two routes that compete do the same"),
    _lint("gap-before-otherwise", _LEADS, _WARNING, _HEURISTIC, "one value between two limits goes to `otherwise`"),
    _lint(
        "order-dependent-routes", _LEADS, _WARNING, _PROVED, "which route is taken depends on the order", strict=True
    ),
    _lint("route-on-free-text", _LEADS, _WARNING, _HEURISTIC, "a condition compares what a model writes", strict=True),
    _lint("fails-open", _LEADS, _WARNING, _HEURISTIC, "a rule does not apply where a value is absent", strict=True),
    _lint("negated-presence-guard", _LEADS, _WARNING, _HEURISTIC, "given because a value is absent", strict=True),
    _lint("missing-rows", _TABLES, _ERROR, _PROVED, "for some values no row of a table matches"),
    _lint("overlapping-rows", _TABLES, _ERROR, _PROVED, "two rows of a table match for the same values"),
    _lint("shadowed-row", _TABLES, _WARNING, _PROVED, "the rows before it match whenever a row does"),
    _lint("impossible-row", _TABLES, _WARNING, _PROVED, "no values match a row"),
    _lint("condition-may-error", _LEADS, _ERROR, _PROVED, "a condition has no value for some values"),
    _lint("rule-never-applies", _POLICIES, _WARNING, _PROVED, "the conditions of a rule are true of no call"),
    _lint("rule-always-applies", _POLICIES, _WARNING, _PROVED, "the conditions of a rule are true of every call"),
    _lint("argument-of-other-tool", _POLICIES, _WARNING, _PROVED, "a rule reads what some of its tools do not have"),
    _lint("shadowed-rule", _POLICIES, _WARNING, _PROVED, "another rule decides wherever a rule applies"),
    _lint("overridden-permit", _POLICIES, _WARNING, _PROVED, "a permit is inside a forbid"),
    _lint("wider-permit", _POLICIES, _WARNING, _PROVED, "a permit is for more than every other one"),
    _lint("inconsistent-limits", _POLICIES, _WARNING, _PROVED, "two rules put one number on different sides"),
    _lint("impossible-step", _POLICIES, _ERROR, _PROVED, "a rule always forbids the call of a step"),
    _lint("unknown-principal-role", _POLICIES, _WARNING, _HEURISTIC, "a role of the principal is not known"),
    _lint("free-text-key", _POLICIES, _WARNING, _POSSIBLE, "a limit is for each spelling of a text", strict=True),
    _lint("unreachable-limit", _POLICIES, _WARNING, _HEURISTIC, "a limit is beyond what a run can call", strict=True),
    _lint("unused-definition", _UPKEEP, _WARNING, _PROVED, "something is declared and never used"),
    _lint("unused-use", _UPKEEP, _WARNING, _PROVED, "nothing of a file that is used is used"),
    _lint("repeated-name", _UPKEEP, _WARNING, _PROVED, "a name stands twice in one list"),
    _lint("confusable-identifier", _UPKEEP, _WARNING, _PROVED, "a name is easily taken for another"),
    _lint("secret-in-policy", _UPKEEP, _WARNING, _PROVED, "a key or a token stands in the file"),
    _lint("unformatted", _UPKEEP, _WARNING, _PROVED, "a file is not in the one format", strict=True),
    _lint("suppression-without-reason", _UPKEEP, _WARNING, _PROVED, "a comment allows a finding and does not say why"),
    _lint("unused-suppression", _UPKEEP, _WARNING, _PROVED, "a comment allows what is not there"),
    _lint("suppressed-finding", _UPKEEP, _NOTE, _PROVED, "what a comment allows", strict=True),
    _lint("unused-scope", _PERMISSIONS, _WARNING, _PROVED, "a scope may be held and is never granted"),
    _lint("misleading-scope", _PERMISSIONS, _WARNING, _PROVED, "a scope is called otherwise than what it allows"),
    _lint("unrelated-scope", _PERMISSIONS, _WARNING, _PROVED, "a tool needs the scope of another besides its own"),
    _lint("uneven-grants", _PERMISSIONS, _WARNING, _PROVED, "an agent has tools on one way to its step only"),
    _lint("over-broad-scope", _PERMISSIONS, _WARNING, _PROVED, "a scope is granted that its target cannot use"),
    _lint("unusable-permit", _PERMISSIONS, _WARNING, _PROVED, "a rule permits what its agent may never hold"),
    _lint("unused-tool", _PERMISSIONS, _WARNING, _PROVED, "nobody may call a tool"),
    _lint("wildcard-tool", _PERMISSIONS, _WARNING, _PROVED, "a rule permits every tool"),
    _lint("toxic-combination", _PERMISSIONS, _WARNING, _PROVED, "an agent can send out what strangers ask it for"),
    _lint("approval-without-way-on", _APPROVALS, _WARNING, _PROVED, "a denied approval gives the run up"),
    _lint("question-without-way-on", _APPROVALS, _WARNING, _PROVED, "an expired question gives the run up"),
    _lint("failure-without-way-on", _LEADS, _WARNING, _PROVED, "one of two calls may fail, the other may not"),
    _lint(
        "question-without-deadline",
        _APPROVALS,
        _WARNING,
        _PROVED,
        "a run may wait for an answer without end",
        strict=True,
    ),
    _lint("deadline-beyond-run", _APPROVALS, _WARNING, _PROVED, "a deadline lies behind the end of the run"),
    _lint("missing-escalation", _APPROVALS, _WARNING, _PROVED, "nobody is told of one of the ways into an end"),
    _lint("unreachable-role", _APPROVALS, _WARNING, _PROVED, "nothing says how people are reached who are asked"),
    _lint("unapproved-irreversible", _APPROVALS, _WARNING, _PROVED, "an approval is missing on one of several ways"),
    _lint(
        "approver-is-requester",
        _APPROVALS,
        _WARNING,
        _HEURISTIC,
        "a role approves what its own people ask for",
        strict=True,
    ),
    _lint("agent-without-model", _BUDGETS, _WARNING, _PROVED, "an agent of a step says no model"),
    _lint("timeout-beyond-run", _BUDGETS, _WARNING, _PROVED, "a timeout lies behind the end of the run"),
    _lint("child-exceeds-budget", _BUDGETS, _WARNING, _PROVED, "one agent or call may use more than the whole run"),
    _lint("exceedable-budget", _BUDGETS, _WARNING, _PROVED, "a way through a workflow exceeds its budget"),
    _lint("uncallable-undo", _BUDGETS, _WARNING, _PROVED, "the call that undoes another is never allowed"),
    _lint("irreversible-in-retry", _BUDGETS, _WARNING, _PROVED, "an irreversible call without a key is in a loop"),
    _lint("backtrack-over-irreversible", _BUDGETS, _WARNING, _PROVED, "a run would go back over what nothing undoes"),
    _lint("race-keeps-effect", _BUDGETS, _WARNING, _PROVED, "a branch that may lose a race does what has no undo"),
    _lint("constant-key", _BUDGETS, _WARNING, _PROVED, "every call of a tool has the same key"),
    _lint("contradictory-effect", _BUDGETS, _WARNING, _PROVED, "a tool that only reads is treated as one that writes"),
    _lint("write-without-idempotency", _BUDGETS, _WARNING, _PROVED, "a tool that writes has no key, unlike others"),
    _lint("irreversible-without-idempotency", _BUDGETS, _WARNING, _PROVED, "an irreversible call has no key"),
    _lint("missing-bounds", _DATA, _WARNING, _PROVED, "a number has no bounds, unlike those of its name"),
    _lint("unbounded-fan-out", _DATA, _WARNING, _PROVED, "a step may have more rows than it says"),
    _lint("nothing-shown", _DATA, _WARNING, _PROVED, "an agent is shown neither a field nor a tool"),
    _lint("nothing-asked", _DATA, _WARNING, _PROVED, "an agent or a person is not told what to answer"),
    _lint("over-shared-context", _DATA, _WARNING, _PROVED, "a field is passed twice"),
    _lint("unused-input", _DATA, _WARNING, _PROVED, "nothing reads an input of a workflow"),
    _lint("unused-output", _DATA, _WARNING, _PROVED, "nothing reads what a step gives"),
    _lint("tainted-sink", _DATA, _WARNING, _PROVED, "untrusted text goes straight into a tool that changes the world"),
    _lint("contradictory-test", _TESTS, _WARNING, _PROVED, "a test can never hold"),
    _lint("untested-route", _TESTS, _WARNING, _PROVED, "no test takes a route of a workflow", strict=True),
    _lint("test-that-cannot-fail", _TESTS, _WARNING, _PROVED, "a test holds whatever happens"),
    _lint("unused-script", _TESTS, _WARNING, _PROVED, "a line of a test's script has no effect"),
)
