"""The registry of diagnostic codes: everything the compiler can report, once.

A code is public: suppressions, dashboards and scripts refer to it, so it is never given another meaning. Its severity
belongs to it, and so does its certainty, unless a rule of lint says how certain one finding is. Each code has a page,
which `interlock explain CODE` prints, the documentation includes, and the tests execute: `pages/<code>.md` beside this
file, or for a rule of lint the docstring of its module.

To add a code: an entry here, its page, and a function in `messages` that makes the diagnostic. To add a rule of lint:
an entry in `lint_codes.py`, and a module in `analysis/lint` that is named after it.
"""

from typing import Final

from interlock_dsl.diagnostics.code import Certainty, Code, Severity
from interlock_dsl.diagnostics.lint_codes import LINT_CODES


class UnregisteredCodeError(LookupError):
    """A diagnostic was made with a code that is not in the registry: an error of the compiler, not of the program."""


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_PROVED, _POSSIBLE = Certainty.PROVED, Certainty.POSSIBLE

_TEXT, _NAMES, _TYPES, _ROUTES = "Text and syntax", "Files and names", "Types and values", "Routes and steps"
_DATA, _JOINS, _PERMISSIONS, _RULES = "Data flow", "Branches and loops", "Permissions", "Policies, tables and tests"

CODES: Final = {
    code.name: code
    for code in (
        Code("unfit-breaker", _TYPES, _ERROR, _PROVED, "a breaker of a tool could never do its work"),
        Code("unfit-fallback", _TYPES, _ERROR, _PROVED, "what is called in place of a tool cannot stand in for it"),
        Code("bad-character", _TEXT, _ERROR, _PROVED, "half of a surrogate pair is no character"),
        Code("bad-duration", _TEXT, _ERROR, _PROVED, "a duration is too long"),
        Code("bad-escape", _TEXT, _ERROR, _PROVED, "a text has an escape that does not exist"),
        Code("bad-macro", _TEXT, _ERROR, _PROVED, "a macro such as `all` is not called in its form"),
        Code("bad-moment", _TEXT, _ERROR, _PROVED, "a moment is none that a calendar has from 1970 on"),
        Code("bad-money", _TEXT, _ERROR, _PROVED, "an amount of money is negative or too precise"),
        Code("bad-number", _TEXT, _ERROR, _PROVED, "a number is not written as one, or is negative where it counts"),
        Code("double-out-of-range", _TEXT, _ERROR, _PROVED, "a number is larger than a double can hold"),
        Code("integer-out-of-range", _TEXT, _ERROR, _PROVED, "a whole number does not fit 64 bits"),
        Code("messages-left-out", _TEXT, _ERROR, _PROVED, "protobuf messages are not part of the language"),
        Code("not-text", _TEXT, _ERROR, _PROVED, "a file is not UTF-8 text"),
        Code("repeated-clause", _TEXT, _ERROR, _PROVED, "a clause that stands once stands twice"),
        Code("reserved-word", _TEXT, _ERROR, _PROVED, "a reserved word of CEL is used as a name"),
        Code("row-width", _TEXT, _ERROR, _PROVED, "a row of a table has too many or too few cells or outputs"),
        Code("syntax-error", _TEXT, _ERROR, _PROVED, "something stands where the grammar has no place for it"),
        Code("too-deep", _TEXT, _ERROR, _PROVED, "brackets, expressions or types nest too deeply"),
        Code("too-long", _TEXT, _ERROR, _PROVED, "a file or an expression is too long"),
        Code("too-many-errors", _TEXT, _ERROR, _PROVED, "the rest of the file is not read after so many errors"),
        Code("unclosed-bracket", _TEXT, _ERROR, _PROVED, "a bracket is never closed"),
        Code("unclosed-text", _TEXT, _ERROR, _PROVED, "a text in quotes is never closed"),
        Code("unknown-character", _TEXT, _ERROR, _PROVED, "a character that no part of the language begins with"),
        Code("unopened-bracket", _TEXT, _ERROR, _PROVED, "a closing bracket has no partner"),
        Code("unterminated-text", _TEXT, _ERROR, _PROVED, "a text in an expression is never closed"),
        Code("duplicate-definition", _NAMES, _ERROR, _PROVED, "a name is declared twice, or is already taken"),
        Code("missing-file", _NAMES, _ERROR, _PROVED, "a file that is used cannot be read"),
        Code("not-a-pack", _NAMES, _ERROR, _PROVED, "a file is used as a pack of rules, and is none"),
        Code("undefined-reference", _NAMES, _ERROR, _PROVED, "nothing has this name here"),
        Code("invalid-constant", _TYPES, _ERROR, _PROVED, "a constant has no value, or not one that fits its place"),
        Code("invalid-pattern", _TYPES, _ERROR, _PROVED, "a regular expression cannot be read"),
        Code("limit-out-of-range", _TYPES, _ERROR, _PROVED, "a bound is empty, backwards or not positive"),
        Code("missing-argument", _TYPES, _ERROR, _PROVED, "a value that is needed is not given"),
        Code("non-finite-limit", _TYPES, _ERROR, _PROVED, "a bound is not a finite number of 64 bits"),
        Code("recursive-type", _TYPES, _ERROR, _PROVED, "a type contains itself"),
        Code("secret-in-run", _TYPES, _ERROR, _PROVED, "a secret would be written to the journal"),
        Code("too-large", _TYPES, _ERROR, _PROVED, "a type has too many parts or levels when it is written out"),
        Code("type-mismatch", _TYPES, _ERROR, _PROVED, "a value or an operand has the wrong type"),
        Code("unavailable-field", _TYPES, _ERROR, _PROVED, "a record has no such field"),
        Code("unnormalised-name", _TYPES, _ERROR, _PROVED, "the principal's name is compared with none it can be"),
        Code("dead-end-step", _ROUTES, _ERROR, _PROVED, "nothing follows a step"),
        Code("ineffective-clause", _ROUTES, _ERROR, _PROVED, "a clause could never have an effect"),
        Code("infeasible-budget", _ROUTES, _ERROR, _PROVED, "no run can finish within the budget"),
        Code("invalid-promise", _ROUTES, _ERROR, _PROVED, "a promise that no run can keep or break as it is written"),
        Code("invalid-route", _ROUTES, _ERROR, _PROVED, "a route has clauses or ends that do not go together"),
        Code("no-path-to-end", _ROUTES, _ERROR, _PROVED, "no end can be reached"),
        Code("recursive-workflow", _ROUTES, _ERROR, _PROVED, "a workflow runs itself"),
        Code("unreachable-step", _ROUTES, _ERROR, _PROVED, "no route leads to a step or an end"),
        Code("parallel-prerequisite", _DATA, _ERROR, _POSSIBLE, "a step reads what runs beside it"),
        Code("read-before-write", _DATA, _ERROR, _PROVED, "an output is read that no path has written"),
        Code("unguarded-optional", _DATA, _ERROR, _POSSIBLE, "a value that may be absent is read without a guard"),
        Code("beside-race", _JOINS, _ERROR, _PROVED, "a branch that may lose a race goes on beside what follows it"),
        Code("join-never-satisfied", _JOINS, _ERROR, _PROVED, "a join waits for what never arrives"),
        Code("unbounded-loop", _JOINS, _ERROR, _PROVED, "a route goes back without a bound"),
        Code("unmerged-branches", _JOINS, _ERROR, _POSSIBLE, "branches that run at once meet without a join"),
        Code("approval-without-expiry", _PERMISSIONS, _WARNING, _PROVED, "an approval is waited for without end"),
        Code("missing-scope", _PERMISSIONS, _ERROR, _PROVED, "a call lacks a scope that its tool needs"),
        Code("retry-without-idempotency", _PERMISSIONS, _ERROR, _PROVED, "a retry of a call that is never repeated"),
        Code("undeclared-effect", _PERMISSIONS, _WARNING, _PROVED, "a tool does not declare its effect"),
        Code("widening-handoff", _PERMISSIONS, _ERROR, _PROVED, "a grant is wider than its target may hold or can use"),
        Code("write-without-scope", _PERMISSIONS, _ERROR, _PROVED, "a tool changes the world and needs no scope"),
        Code("empty-table", _RULES, _ERROR, _PROVED, "a table has no rows"),
        Code("failed-test", _RULES, _ERROR, _PROVED, "a test of a workflow did not hold"),
        Code("limit-without-owner", _RULES, _ERROR, _PROVED, "a limit does not say for whom it counts"),
        Code("row-after-otherwise", _RULES, _ERROR, _PROVED, "a row can never be reached"),
        Code("vacuous-policy", _RULES, _WARNING, _PROVED, "a rule applies to nothing"),
        Code("misplaced-line", _RULES, _ERROR, _PROVED, "a line of a test belongs to the other kind of test"),
        Code("vacuous-test", _RULES, _WARNING, _PROVED, "a test expects nothing"),
        *LINT_CODES,
    )
}  # fmt: skip
"""Every code, by its name; grouped by topic, those of lint last."""


def registered(name: str) -> Code:
    """Return the entry of a code; raise `UnregisteredCodeError` if there is none."""
    try:
        return CODES[name]
    except KeyError:
        raise UnregisteredCodeError(f"`{name}` is not a registered code: add it to diagnostics/codes.py") from None
