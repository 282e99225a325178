"""Rule sets and requests for hypothesis: small alphabets, so that rules meet requests and one another."""

from dataclasses import replace
from functools import lru_cache

from hypothesis import strategies as st

from interlock.decide import Consent, History, Principal
from interlock.decide.request import Request
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.diagnostics.source import NOWHERE
from interlock_dsl.program.model import ApprovalRule, Program
from interlock_dsl.program.promises import CostAtMost, NeverBefore, NeverUnapproved

TOOLS = """
context { risk: int in 0..10  note?: string max 5 }
tool a.read(n: int in 0..100, s?: string max 5) { needs a.see  effect read }
tool a.write(n: int in 0..100, s?: string max 5) { needs a.see, a.do  effect write }
tool b.read(n: int in 0..100, s?: string max 5) { needs b.see  effect read }
tool c(n: int in 0..100, s?: string max 5) { needs c.do  effect irreversible }
tool d(n: int in 0..100, s?: string max 5) { effect read }
agent ann { model "m"  may a.see, a.do, b.see, c.do }
agent bob { model "m"  may a.see, a.do, b.see, c.do }
role boss { reach "x" }
role chief { reach "y" }
"""
WORKFLOW = """
workflow w(x: int in 0..10) {
  goal "hand out scopes"
  step one by ann { task "t" returns { k: int in 0..10 } }
  end done
  start -> one %s
  one -> done
  %s
}
"""
NAMES = ["a.read", "a.write", "b.read", "c", "d"]
SUBJECT = "s" * 64
HOUR = 3_600_000_000

conditions = st.sampled_from([
    "args.n > 5", "args.n == 3", "args.n != 3", "100 / args.n > 10", 'has(args.s) && args.s == "x"', "!has(args.s)",
    'has(args.s) ? args.s != "x" : 1 / args.n > 5', "[1, 2][args.n] == 1", "args.n + 9223372036854775800 > 0",
    'agent == "ann"', 'tool.effect == "read"', 'tool.name == "c"', 'principal.name != "pat"', "now > timestamp(0)",
    '"boss" in principal.roles', 'calls(a.read).within("1h") >= 2', "calls(c).count() > 0", "true",
    'calls(a.read).within("90m").sum(c, c.args.n) + args.n > 9', "calls(b.read).exists(x, x.args.n == args.n)",
    'calls(c).exists(x, x.agent == agent)', "false",
    "100 / args.n > 10 || args.n < 5", "args.n * 2 <= 9",
    "context.risk > 5", 'has(context.note) && context.note == "x"', "context.risk == args.n || args.n < 5",
    '!(args.n in [3, 6]) && run.workflow == "w"',
])  # fmt: skip
KINDS = ("permit", "forbid", "require", "limit", "redact", "notify")
AMOUNTS = ["of args.n to 30", "of args.n - 4 to 9", "of args.n * args.n to 200", "of 90 / args.n to 30", "of 7 to 20"]
owners = st.sampled_from([
    "for each run", "for each run", "overall", "for each principal", "for each agent", "for each args.n",
    "for each principal, args.n > 5",
    'for each has(args.s) ? args.s : "none"', "for each 10 / args.n, agent",
])  # fmt: skip
patterns = st.sampled_from([*NAMES, "a.*", "b.*", "*"])
roles = st.sampled_from(["boss", "chief"])

# Made once: a strategy that is made where it is drawn from is checked anew each time, which takes longer than drawing.
hidden = st.lists(st.sampled_from(["args.n", "args.s", "args"]), min_size=1, max_size=2, unique=True)
abouts = st.lists(patterns, min_size=1, max_size=2, unique=True)
callers = st.sampled_from(["", "", "", " by ann", " by bob", " by b*"])
whens = st.one_of(st.just(""), conditions.map(lambda c: f" when {c}"))
unlesses = st.one_of(st.just(""), conditions.map(lambda c: f" unless {c}"))
people_wanted = st.sampled_from(["boss", "chief", "boss", "2 of boss", "chief 2 of 3"])
maxima = st.sampled_from(["to 1", "to 2", "to 3", *AMOUNTS])


@st.composite
def rules(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS) -> str:
    """Return the text of one rule."""
    kind = draw(st.sampled_from(kinds))
    about = ", ".join(draw(abouts))
    by = draw(callers)
    when = draw(whens)
    unless = draw(unlesses)
    match kind:
        case "redact":
            fields = draw(hidden)
            return f"redact {', '.join(fields)} for {about}{by}{when}{unless}"
        case "notify":
            return f"notify {draw(roles)} for {about}{by}{when}{unless}"
        case "require":
            role = draw(people_wanted)
            return f"require approval by {role} for {about}{by}{when}{unless}"
        case "limit":
            what = draw(maxima)
            return f"limit {about} {what} per 1h {draw(owners)}{by}{when}{unless}"
        case _:
            return f"{kind} {about}{by}{when}{unless}"


rule_sets = st.lists(rules(), max_size=6)
wheres = st.sampled_from(["", " where args.n < 50", " where 100 / args.n > 4"])
scopes = st.sampled_from(["a.see", "a.do", "b.see", "a.see, a.do", "c.do"])
grants = st.lists(st.tuples(scopes, wheres), max_size=3)
WAITS_FOR_ITSELF = {("c", "c"), ("irreversible", "c"), ("b.read", "b.*")}
nevers = st.lists(
    st.builds(
        lambda tools, where, before: f"never {tools}{where} before {before}",
        st.sampled_from([*NAMES, "a.*", "irreversible"]),
        wheres,
        st.sampled_from(["approval", "approval by boss", "approval by chief", "approval by 2 of boss", "b.*", "c"]),
    ).filter(lambda never: (never.split()[1], never.split()[-1]) not in WAITS_FOR_ITSELF),
    max_size=2,
)


def policy(rule_set: list[str]) -> str:
    return "policy p {\n" + "\n".join(f"  {rule}" for rule in rule_set) + "\n}\n" if rule_set else ""


@lru_cache(maxsize=512)
def compiled(text: str) -> Program:
    return compile_text(text)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Return a program with one workflow that grants something, some `never`s and some rules."""
    granted = " ".join(f"grant {scopes}{where}" for scopes, where in draw(grants))
    forbidden = "\n  ".join([*draw(nevers), "cost <= 2.00 usd"])
    return compiled(TOOLS + WORKFLOW % (granted, forbidden) + policy(draw(rule_sets)))


people = st.lists(st.sampled_from(["pat", "eva", "max", ""]), max_size=3, unique=True).map(tuple)
consents = st.builds(
    Consent,
    id=st.just("a1"),
    role=st.sampled_from(["boss", "chief"]),
    digest=st.sampled_from([SUBJECT, SUBJECT, SUBJECT, "other", ""]),
    by=people,
    expires=st.sampled_from([None, None, HOUR, 3 * HOUR]),
    spent=st.sampled_from([False, False, False, True]),
)
principals = st.builds(
    Principal,
    st.sampled_from(["", "pat", "kim"]),
    st.sampled_from([(), ("boss",)]),
    st.sampled_from([None, None, frozenset({"a.see", "a.do"}), frozenset[str]()]),
)
routes = st.one_of(
    st.none(),
    st.builds(ApprovalRule, st.sampled_from(["boss", "chief"]), st.integers(1, 2), st.none(), st.just(NOWHERE)),
)


counts = st.sampled_from([None, None, (), ("no limit",)])


moments = st.lists(st.sampled_from([0, HOUR, HOUR + 1, 2 * HOUR]), max_size=4)
past_agents = st.sampled_from(["ann", "bob", None, "*"])
past_numbers = st.sampled_from([0, 3, 6, 30])
past_tools = st.sampled_from(NAMES)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Return a session that began at 0 and made some calls within two hours."""
    history = History("r", started=0)
    for moment in sorted(draw(moments)):
        agent, args = draw(past_agents), {"n": draw(past_numbers)}
        history.record(draw(past_tools), moment, agent=agent, args=args, counts=draw(counts))
    return history


contexts = st.sampled_from(
    [{}, {"context": {"risk": 3}}, {"context": {"risk": 8, "note": "x"}}, {"context": {"risk": 6, "note": "y"}}]
)


flags = st.booleans()
numbers = st.sampled_from([0, 3, 6, 10, 30, 60])
letters = st.sampled_from(["x", "y"])
tools_asked = st.sampled_from([*NAMES, *NAMES, *NAMES, "nope"])
agents_asked = st.sampled_from(["ann", "bob", "", "zoe"])
misfits = st.sampled_from(["", "", "", "", "does not fit"])
offers = st.sampled_from([None, None, None, ("a.read", "c")])
overspent = st.sampled_from([(), (), (), ("no calls left",)])
returned = st.sets(st.sampled_from(NAMES), max_size=2)
subjects = st.sampled_from([SUBJECT, SUBJECT, SUBJECT, ""])
agreed = st.lists(consents, max_size=2)
lacking = st.sampled_from([frozenset(), frozenset(), frozenset({"a.see"})])


@st.composite
def requests(draw: st.DrawFn, program: Program, alone: bool | None = None) -> Request:
    """Return a request to a program: for policy alone, for its workflow, or either."""
    workflow = program.workflows["w"]
    forbidding = [promise for promise in workflow.promises if isinstance(promise, NeverUnapproved | NeverBefore)]
    dear = [promise for promise in workflow.promises if isinstance(promise, CostAtMost)]
    by_policy = draw(flags) if alone is None else alone
    args: dict[str, object] = {"n": draw(numbers)}
    if draw(flags):
        args["s"] = draw(letters)
    now = 2 * HOUR
    history = draw(histories())
    history.now = now
    principal = draw(principals)
    tool = draw(tools_asked)
    return Request(
        tool=tool,
        args=args,
        agent=draw(agents_asked),
        problem=draw(misfits),
        principal=principal,
        grants=None if by_policy else workflow.routes[0].grants,
        bindings={
            "principal": principal.value(),
            "now": Timestamp(now * 1000),
            "run": {"id": "r", "workflow": "w", "started": Timestamp(0)},
            "$history": history,
            "x": 1,
            **draw(contexts),
        },
        history=history,
        now=now,
        shown=draw(offers),
        over=draw(overspent),
        route_approval=None if by_policy else draw(routes),
        nevers=() if by_policy else tuple(n for n in forbidding if tool in n.tools),
        returned=draw(returned),
        too_dear=None if by_policy else draw(st.sampled_from([None, None, *dear])),
        subject=draw(subjects),
        consents=tuple(draw(agreed)),
        lacking=draw(lacking) if by_policy else frozenset(),
    )


def again(request: Request) -> Request:
    """Return the same request with bindings of its own."""
    return replace(request, bindings=dict(request.bindings))
