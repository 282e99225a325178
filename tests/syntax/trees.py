"""Strategies for the trees of files: everything that can be written, and nothing that cannot."""

import string

from hypothesis import strategies as st

from interlock_dsl.cel import tree as t
from interlock_dsl.cel.tree import RESERVED
from interlock_dsl.cel.values import UInt
from interlock_dsl.diagnostics.source import NOWHERE, Source
from interlock_dsl.syntax import tree as s
from interlock_dsl.syntax.grammar import lexer

KEYWORDS = sorted(lexer().keywords)
NEVER = RESERVED | {"true", "false", "null", "in", "then", "times"}
words = st.one_of(
    st.sampled_from(["a", "order", "amount", "x_1", "Total", "id"]),
    st.sampled_from([word for word in KEYWORDS if word not in NEVER]),
)
plain = words.map(s.Ident)
places = st.builds("{}{}{}".format, words, st.sampled_from(["", "", "[2]"]), st.sampled_from(["", "", "#3"]))
paths = st.lists(places, min_size=1, max_size=3).map(lambda parts: s.Ident("/".join(parts)))
dotted = st.lists(words, min_size=1, max_size=3).map(lambda parts: s.Ident(".".join(parts)))
patterns = st.one_of(st.just(s.Ident("*")), dotted, dotted.map(lambda name: s.Ident(name.text + ".*")))
texts = st.text(st.sampled_from(string.printable + "äß→𝄞\u200b\\\"'"), max_size=12)
wholes = st.integers(0, 2**63 - 1)
constants = st.sampled_from(["few", "order", "x_1"]).map(s.Ident)
counts = st.one_of(wholes, wholes, wholes, constants.map(s.NamedNumber))
durations = st.one_of(wholes.map(s.Duration), wholes.map(s.Duration), constants.map(lambda name: s.Duration(1, name)))
moneys = st.builds(s.Money, st.integers(0, 2**63 - 1), st.sampled_from(["usd", "eur"]))
doubles = st.floats(allow_nan=False, allow_infinity=False)
ints = st.integers(-(2**63), 2**63 - 1)


def some(strategy, most=3, least=0):
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def maybe(strategy):
    return st.none() | strategy


# --- expressions


def literal(value):
    return t.Literal(value, NOWHERE)


# The word that follows a name decides whether the word is a keyword; in expressions they are all names.
names = words.map(lambda name: t.Name(name, NOWHERE))
leaves = st.one_of(
    st.none().map(literal),
    st.booleans().map(literal),
    ints.map(literal),
    st.integers(0, 2**64 - 1).map(UInt).map(literal),
    doubles.map(literal),
    texts.map(literal),
    st.binary(max_size=4).map(literal),
    names,
    words.map(lambda name: t.Name(name, NOWHERE, absolute=True)),
)
fields = st.one_of(words, st.sampled_from(["in", "true", "a-b", "a b/c", "package"]))
BINARY = ["_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "@in", "_+_", "_-_", "_*_", "_/_", "_%_", "_&&_", "_||_"]


def call(function, *arguments, receiver=None):
    return t.Call(function, arguments, NOWHERE, NOWHERE, receiver)


def grown(inner):
    comprehension = st.builds(
        lambda kind, range_, name, body: t.Comprehension(kind, range_, (name,), body, NOWHERE),
        st.sampled_from(["all", "exists", "exists_one", "filter", "map"]), inner, words, inner,
    )  # fmt: skip
    return st.one_of(
        st.builds(call, st.sampled_from(BINARY), inner, inner),
        st.builds(call, st.sampled_from(["!_", "-_"]), inner),
        st.builds(lambda a, b, c: call("_?_:_", a, b, c), inner, inner, inner),
        st.builds(lambda o, f, q: t.Select(o, f, NOWHERE, NOWHERE, q), inner, fields, st.booleans()),
        st.builds(lambda o, f: t.Present(o, f, NOWHERE, NOWHERE), inner, fields),
        st.builds(lambda o, i, q: t.Index(o, i, NOWHERE, q), inner, inner, st.booleans()),
        st.builds(lambda f, a: call(f, *a), st.sampled_from(["f", "size", ".g"]), some(inner)),
        st.builds(lambda f, a, r: call(f, *a, receiver=r), st.sampled_from(["within", "size"]), some(inner), inner),
        some(st.builds(t.ListItem, inner, st.booleans())).map(lambda items: t.ListOf(items, NOWHERE)),
        some(st.builds(t.MapEntry, inner, inner, st.booleans())).map(lambda entries: t.MapOf(entries, NOWHERE)),
        comprehension,
        st.builds(
            lambda range_, condition, body: t.Comprehension("map", range_, ("v",), body, NOWHERE, condition),
            inner, inner, inner,
        ),
        st.builds(
            lambda kind, range_, condition, body: t.Comprehension(kind, range_, ("k", "v"), body, NOWHERE, condition),
            st.sampled_from(["transform_list", "transform_map", "transform_map_entry"]), inner, maybe(inner), inner,
        ),
        st.builds(lambda name, value, body: t.Bind(name, value, body, NOWHERE), words, inner, inner),
    )  # fmt: skip


expressions = st.recursive(leaves, grown, max_leaves=6)
keys = st.one_of(words, st.text("ab é-", max_size=3), st.just("in")).map(literal)
records = st.recursive(
    st.one_of(leaves.filter(lambda leaf: not isinstance(leaf, t.Name))),
    lambda inner: st.one_of(
        some(st.builds(t.MapEntry, keys, inner)).map(lambda entries: t.MapOf(entries, NOWHERE)),
        some(st.builds(t.ListItem, inner)).map(lambda items: t.ListOf(items, NOWHERE)),
    ),
    max_leaves=5,
)
record_values = some(st.builds(t.MapEntry, keys, records)).map(lambda entries: t.MapOf(entries, NOWHERE))

# --- types

type_names = plain.filter(lambda name: name.text not in ("list", "map", "enum"))
named_types = st.one_of(
    st.builds(s.NamedType, type_names),
    st.builds(s.NamedType, type_names, ints, ints),
    st.builds(s.NamedType, type_names, doubles, doubles, counts),
    st.builds(lambda name, most: s.NamedType(name, max=most), type_names, counts),
)


def nested(inner):
    return st.one_of(
        st.builds(s.ListType, inner, maybe(counts)),
        st.builds(s.MapType, inner, inner, maybe(counts)),
        some(field_of(inner), 2).map(s.RecordType),
    )


def field_of(inner):
    return st.builds(s.FieldNode, plain, inner, st.booleans(), some(dotted, 2), maybe(texts))


types = st.recursive(named_types | some(texts, least=1).map(s.EnumType), nested, max_leaves=3)
parameters = some(field_of(types))
record_types = parameters.map(s.RecordType)
answer_types = record_types | st.builds(s.NamedType, type_names)

# --- declarations

arguments = some(st.builds(s.Argument, plain, expressions))
tool_calls = st.builds(s.ToolCall, dotted, arguments)
retries = st.one_of(
    st.builds(s.Retry, counts), st.builds(s.Retry, counts, durations), st.builds(s.Retry, counts, durations, durations)
)
rates = st.builds(s.Rate, counts, durations)
breakers = st.builds(s.Breaker, counts, durations, durations)
tools = st.builds(
    s.ToolDecl, dotted, parameters, maybe(types), some(dotted), maybe(plain), maybe(expressions), maybe(durations),
    maybe(retries), maybe(tool_calls), maybe(moneys), maybe(texts), maybe(tool_calls), maybe(rates), maybe(breakers),
)  # fmt: skip
agents = st.builds(
    s.AgentDecl, plain, maybe(texts), maybe(texts), some(dotted), maybe(counts), maybe(counts), maybe(moneys),
    maybe(durations), maybe(retries), maybe(texts),
)  # fmt: skip
roles = st.builds(s.RoleDecl, plain, maybe(texts))

budgets = st.builds(s.BudgetDecl, maybe(counts), maybe(counts), maybe(counts), maybe(moneys), maybe(durations))
fan_outs = st.builds(
    s.FanOut, plain, expressions, counts, maybe(counts),
    maybe(st.one_of(st.just(s.Merge()), st.builds(s.Merge, wholes))), st.booleans(),
)  # fmt: skip
steps = st.one_of(
    st.builds(
        s.AgentStep,
        plain,
        plain,
        maybe(texts),
        maybe(answer_types),
        maybe(some(dotted, least=1)),
        maybe(durations),
        maybe(fan_outs),
    ),
    st.builds(s.CallStep, plain, tool_calls, maybe(durations), maybe(fan_outs)),
    st.builds(s.AskStep, plain, plain, maybe(texts), maybe(answer_types), maybe(durations), maybe(fan_outs)),
    st.builds(s.EventStep, plain, texts, maybe(types), maybe(expressions), maybe(durations)),
    st.builds(s.TimeStep, plain, durations),
    st.builds(s.TimeStep, plain, st.none(), expressions),
    st.builds(s.TableStep, plain, plain, arguments, maybe(fan_outs)),
    st.builds(s.SetStep, plain, arguments),
    st.builds(s.RunStep, plain, plain, arguments, maybe(durations), maybe(fan_outs)),
)
reasons = st.builds(lambda given: (given,), st.builds(s.Argument, st.just(s.Ident("because")), expressions))
ends = st.one_of(st.builds(s.EndDecl, plain, arguments), st.builds(s.EndDecl, plain, reasons, st.just(True)))
grants = st.builds(s.Grant, some(dotted, least=1), maybe(expressions))
approvals = st.one_of(
    st.builds(s.Approval, plain, wholes, maybe(durations)),
    st.builds(s.Approval, plain, wholes, maybe(durations), wholes),
)
escalations = st.builds(s.Escalate, plain, st.booleans(), maybe(expressions), maybe(texts))
handed = st.builds(s.WayOut, some(grants, 2), some(dotted), maybe(approvals), some(escalations, 2))
reconciling = maybe(st.builds(s.Reconcile, plain, expressions, maybe(handed)))
merges = st.one_of(
    st.builds(s.Merge, reconcile=reconciling),
    st.builds(s.Merge, st.just(1), first=st.booleans(), reconcile=reconciling),
    st.builds(s.Merge, wholes, wholes, reconcile=reconciling),
)
routes = st.builds(
    s.RouteDecl,
    some(plain, least=1),
    some(plain, least=1),
    maybe(st.sampled_from(["failure", "timeout", "denied", "expiry", "over budget"])),
    maybe(expressions),
    st.booleans(),
    some(grants, 2),
    some(dotted),
    maybe(approvals),
    some(escalations, 2),
    maybe(st.builds(s.Bound, counts, maybe(plain), backtracks=st.booleans())),
    maybe(merges),
)
promisors = st.one_of(st.builds(s.Approval, plain, wholes), st.builds(s.Approval, plain, wholes, st.none(), wholes))
promises = st.one_of(
    st.builds(s.NeverUnapproved, maybe(patterns), maybe(expressions), maybe(promisors)),
    st.builds(s.NeverBefore, maybe(patterns), maybe(expressions), patterns),
    st.builds(s.Always, expressions),
    st.builds(s.EndsWithinSteps, counts),
    st.builds(s.EndsWithin, durations),
    st.builds(s.CostAtMost, moneys),
    st.builds(s.Reaches, plain),
)
about = {
    "patterns": some(patterns, least=1), "agent": maybe(patterns), "when": maybe(expressions),
    "unless": maybe(expressions), "because": maybe(texts),
}  # fmt: skip
owners = st.one_of(
    st.builds(s.Owner, st.sampled_from(["run", "overall"])),
    st.builds(
        s.Owner, st.just("each"), some(expressions.filter(lambda key: key != t.Name("run", NOWHERE)), 3, least=1)
    ),
)
restrictions = st.one_of(
    st.builds(s.RuleDecl, st.just("forbid"), **about),
    st.builds(
        s.RuleDecl, st.just("require"), **about, role=plain, within=maybe(durations), count=maybe(st.integers(2, 9))
    ),
    st.builds(
        s.RuleDecl,
        st.just("limit"),
        **about,
        count=counts,
        period=durations,
        amount=maybe(expressions),
        owner=maybe(owners),
    ),
    st.builds(s.RuleDecl, st.just("redact"), **about, fields=some(dotted, least=1)),
    st.builds(s.RuleDecl, st.just("notify"), **about, role=plain),
)
rules = st.builds(s.RuleDecl, st.just("permit"), **about) | restrictions
policies = st.builds(s.PolicyDecl, plain, some(rules) | some(rules, 5, least=2))

workflows = st.builds(
    s.WorkflowDecl, plain, parameters, maybe(texts), maybe(some(dotted, least=1)), maybe(budgets), some(steps),
    some(ends), some(routes), some(promises, 2), some(st.builds(s.RoutesMode, plain), 1), some(restrictions),
)  # fmt: skip

packs = st.builds(s.PackDecl, plain, parameters, plain, some(rules))
families = patterns.filter(lambda pattern: pattern.text.endswith(".*"))
given = some(st.builds(s.PackArgument, plain, expressions | families | wholes.map(s.Duration)))
uses = st.builds(s.UsePack, texts, some(patterns, least=1), given, maybe(plain))

alternatives = st.one_of(
    st.builds(s.Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), expressions),
    st.builds(s.Range, expressions, expressions),
)


@st.composite
def tables(draw):
    inputs = draw(parameters)
    result = draw(record_types.filter(lambda record: record.fields))
    cells = st.tuples(*[some(alternatives, 2)] * len(inputs))
    outputs = st.tuples(*[expressions] * len(result.fields))
    row = st.builds(s.TableRow, maybe(cells) if inputs else st.none(), outputs)
    return s.TableDecl(
        draw(plain), inputs, result, draw(some(row)), draw(st.sampled_from(["unique", "first", "collect"]))
    )


items = st.one_of(
    st.builds(s.Given, plain, records),
    st.builds(s.GivenNow, st.integers(0, 4_102_444_800).map(lambda seconds: seconds * 1_000_000)),
    st.builds(s.GivenNow, st.integers(0, 4_102_444_800_000_000)),
    st.builds(s.Starts, texts, some(texts)),
    st.builds(s.AgentScript, paths, st.none(), st.none(), maybe(texts)),
    st.builds(s.ToolScript, dotted, st.none()),
    st.builds(s.Expect, st.just("denied"), dotted, because=texts),
    st.builds(s.Expect, st.just("denied"), dotted, rule=texts),
    st.builds(s.Expect, st.just("withheld"), dotted, rule=maybe(st.sampled_from(["rate", "breaker"]))),
    st.builds(s.AgentScript, paths, dotted, record_values),
    st.builds(s.AgentScript, paths, st.none(), records),
    st.builds(s.PersonScript, paths, records),
    st.builds(s.ToolScript, dotted, records),
    st.builds(s.ToolScript, dotted, st.none(), texts),
    st.builds(s.PersonDecides, plain, st.booleans()),
    st.builds(s.TimePasses, durations),
    st.builds(s.EventComes, texts, maybe(record_values)),
    st.builds(s.Expect, st.just("awaits"), event=texts),
    st.builds(s.Expect, st.just("backtracks"), paths),
    st.builds(s.Expect, st.sampled_from(["waits", "escalates"]), plain),
    st.builds(s.Expect, st.sampled_from(["visits", "never visits"]), paths),
    st.builds(s.ToolScript, dotted, records, st.none(), paths),
    st.builds(s.Expect, st.just("denied"), dotted),
    st.builds(s.Expect, st.sampled_from(["calls", "never calls"]), dotted, maybe(record_values)),
    st.builds(s.Expect, st.just("ends"), plain, maybe(record_values)),
    st.just(s.Expect("fails")),
    st.builds(s.Expect, st.just("fails"), rule=texts),
)
of_facts = st.one_of(
    st.builds(s.GivenContext, record_values),
    st.builds(s.Expect, st.sampled_from(["notifies", "never notifies"]), plain),
    st.builds(s.Expect, st.sampled_from(["redacts", "never redacts"]), dotted, fields=some(dotted, least=1)),
)
cases = st.builds(s.TestDecl, texts, maybe(plain), some(items) | some(of_facts, 2))

with_rules = st.sampled_from([policies, workflows, cases]).flatmap(lambda kind: kind)
declarations = with_rules | st.one_of(
    st.builds(s.Use, texts), st.builds(s.TypeDecl, plain, types), tools, agents, roles, workflows, policies,
    tables(), cases, packs, uses, st.builds(s.ContextDecl, parameters),
    st.builds(s.LetDecl, plain, maybe(types), expressions | wholes.map(s.Duration)),
)  # fmt: skip
files = some(declarations).map(lambda parts: s.File(Source("<made>", ""), parts))
