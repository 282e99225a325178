"""May this agent call this tool with these arguments? Our decision beside Python written for the purpose.

    python bench/decide.py [--sizes 10,100,1000,10000]

The rules are scoped to an (agent, tool) pair or to a family of tools, with 1 to 4 typed comparisons, permit and forbid
mixed. The limit is Python generated from the same rules: one function per pair that stops at its first answer and can
explain nothing; `all` is such Python that evaluates every rule and names those that determine the answer. Ours gives
these with their reasons and places. `ours` decides on checked arguments, as a run does; `raw` is the public
`Authorizer.decide`, which decodes raw arguments first. All must agree on every one of the requests. Ours is measured
once warm; `cold` is the first decision on each request. `load` is from text to a program that can decide.

Warm means generated code: after `COMPILE_AFTER` calls the conditions of a pair become one function (`decide/fuse.py`)
and its decisions are memoized (`decide/memo.py`). `one by one` is the same without these two.
"""

import argparse
import ast
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from interlock.decide import Authorizer, History, Principal
from interlock.decide.evaluator import COMPILE_AFTER, Evaluator
from interlock.decide.index import RuleSet
from interlock.decide.memo import DecisionMemo
from interlock.decide.request import Request
from interlock_dsl.compiler.compile import compile_text
from measure import interleaved, table

AGENTS = [f"agent_{number}" for number in range(5)]
FIELDS = {"amount": "int in 0..1_000_000", "region": 'enum("eu", "us", "apac")', "urgent": "bool", "score": "double"}


@dataclass(frozen=True)
class Rule:
    """A rule, before it is written down in either language."""

    kind: str
    pattern: str
    agent: str | None
    condition: str


def comparisons(rng: random.Random) -> str:
    """One to four typed comparisons, as CEL; the Python of the limit is made from the same text."""
    choices = [
        f"args.amount {rng.choice(['<', '<=', '>', '>='])} {rng.randrange(1_000_000)}",
        f'args.region {rng.choice(["==", "!="])} "{rng.choice(["eu", "us", "apac"])}"',
        "args.urgent",
        f"args.score {rng.choice(['<', '>='])} {rng.random():.3f}",
    ]
    return " && ".join(rng.sample(choices, rng.randint(1, 4)))


def make_rules(count: int, rng: random.Random) -> tuple[list[tuple[str, str]], list[Rule]]:
    """Return (agent, tool) pairs and rules: five or six rules concern a pair, however many there are."""
    pairs = [(AGENTS[number % len(AGENTS)], f"family{number // 10}.tool{number // 5}") for number in range(count // 4)]
    rules = []
    for number in range(count):
        agent, tool = pairs[number // 4 % len(pairs)]
        family = number % 20 == 9
        pattern = tool.split(".")[0] + ".*" if family else tool
        kind = "forbid" if number % 3 == 2 else "permit"
        rules.append(Rule(kind, pattern, None if family else agent, comparisons(rng)))
    return pairs, rules


def as_ilk(tools: list[str], rules: list[Rule]) -> str:
    """The same rules as a policy file."""
    fields = " ".join(f"{name}: {type_}" for name, type_ in FIELDS.items())
    lines = [f"agent {agent} {{ may calls.make }}" for agent in AGENTS]
    lines += [f"tool {tool}({fields}) {{ needs calls.make effect write }}" for tool in tools]
    lines.append("policy bench {")
    for rule in rules:
        by = f" by {rule.agent}" if rule.agent else ""
        lines.append(f"  {rule.kind} {rule.pattern}{by} when {rule.condition}")
    return "\n".join([*lines, "}"])


Written = Callable[[dict[str, object]], object]


def by_hand(tools: list[str], rules: list[Rule], body: Callable[[list[Rule]], list[str]]) -> Callable[..., object]:
    """Generate one Python function per (agent, tool) from the rules that concern them."""
    functions: dict[tuple[str, str], Written] = {}
    by_pattern: dict[str, list[Rule]] = {}
    for rule in rules:
        by_pattern.setdefault(rule.pattern, []).append(rule)
    for tool in tools:
        applicable = by_pattern.get(tool, []) + by_pattern.get(tool.split(".")[0] + ".*", [])
        for agent in AGENTS:
            lines = body([rule for rule in applicable if rule.agent in (None, agent)])
            text = "def decide(args):\n" + "\n".join(f"    {line}" for line in lines)
            scope: dict[str, Written] = {}
            exec(compile(ast.parse(text), "<limit>", "exec"), scope)
            functions[agent, tool] = scope["decide"]

    def decide(agent: str, tool: str, args: dict[str, object]) -> object:
        return functions[agent, tool](args)

    return decide


def first_answer(rules: list[Rule]) -> list[str]:
    """Forbids first, then permits; the first match answers."""
    lines = []
    for kind, answer in (("forbid", "deny"), ("permit", "allow")):
        lines += [f"if {in_python(rule.condition)}: return {answer!r}" for rule in rules if rule.kind == kind]
    return [*lines, "return 'deny'"]


def all_determining(rules: list[Rule]) -> list[str]:
    """Every rule is evaluated; the answer comes with those that determine it."""
    lines = ["forbid = []", "permit = []"]
    for number, rule in enumerate(rules):
        lines.append(f"if {in_python(rule.condition)}: {rule.kind}.append({number})")
    return [*lines, "if forbid: return 'deny', forbid", "return ('allow', permit) if permit else ('deny', permit)"]


def in_python(condition: str) -> str:
    """The condition in Python: the generated texts differ from CEL only in these two ways."""
    condition = condition.replace("&&", "and")
    for name in FIELDS:
        condition = condition.replace(f"args.{name}", f"args[{name!r}]")
    return condition


def make_requests(
    pairs: list[tuple[str, str]], rng: random.Random, count: int = 1_000
) -> list[tuple[str, str, dict[str, object]]]:
    """Pairs and arguments at random."""
    return [
        (
            *rng.choice(pairs),
            {
                "amount": rng.randrange(1_000_000),
                "region": rng.choice(["eu", "us", "apac"]),
                "urgent": rng.random() < 0.5,
                "score": rng.random(),
            },
        )
        for _ in range(count)
    ]


def measure(size: int) -> list[str]:
    """One row of the table."""
    rng = random.Random(size)
    pairs, rules = make_rules(size, rng)
    tools = sorted({tool for _, tool in pairs})
    requests = make_requests(pairs, rng)
    began = time.perf_counter()
    program = compile_text(as_ilk(tools, rules), "bench.ilk")
    loaded = time.perf_counter() - began
    evaluator, authorizer, plain = Evaluator(program), Authorizer(program), Evaluator(program)
    limit = by_hand(tools, rules, first_answer)
    every = by_hand(tools, rules, all_determining)
    history, nobody = History("bench", started=0), Principal()
    asked = [
        Request(tool=tool, args=args, agent=agent, principal=nobody, history=history, now=0)
        for agent, tool, args in requests
    ]

    def ours() -> list[str]:
        authorize = evaluator.authorize
        return [authorize(request).answer for request in asked]

    def one_by_one() -> list[str]:
        authorize = plain.authorize
        return [authorize(request).answer for request in asked]

    def raw() -> list[str]:
        decide = authorizer.decide
        return [
            decide(tool, args, agent=agent, principal=None, now=0, history=history).answer
            for agent, tool, args in requests
        ]

    def python() -> list[object]:
        return [limit(agent, tool, args) for agent, tool, args in requests]

    def python_all() -> list[object]:
        return [every(agent, tool, args) for agent, tool, args in requests]

    began = time.perf_counter()
    answers = ours()
    first = time.perf_counter() - began
    # Frequent requests are compiled: decide until nothing more is generated.
    for _ in range(COMPILE_AFTER * 4):
        ours()
        raw()
    with without_memo():
        for _ in range(COMPILE_AFTER * 4):
            one_by_one()
    if not answers == ours() == raw() == one_by_one() == python() or answers != [answer for answer, _ in python_all()]:
        raise SystemExit(f"the answers differ at {size} rules")
    with without_memo():
        took = interleaved({"ours": ours, "limit": python, "all": python_all, "raw": raw, "one by one": one_by_one})
    mine, least, all_rules, from_raw, single = (
        took[name] / len(requests) * 1e6 for name in ("ours", "limit", "all", "raw", "one by one")
    )
    return [
        f"{size:,}", f"{least:.2f}", f"{all_rules:.2f}", f"{mine:.2f}", f"{mine / least:.2f}",
        f"{from_raw:.2f}", f"{single:.2f}", f"{first / len(requests) * 1e6:.0f}", f"{loaded:.2f}",
    ]  # fmt: skip


@contextmanager
def without_memo() -> Iterator[None]:
    """Have no further pair of a tool and an agent decided by generated code."""
    made = DecisionMemo.__init__

    def unusable(self: DecisionMemo, rules: RuleSet) -> None:
        made(self, rules)
        self.usable = False

    DecisionMemo.__init__ = unusable  # type: ignore[method-assign]
    try:
        yield
    finally:
        DecisionMemo.__init__ = made  # type: ignore[method-assign]


def main() -> None:
    """Print one row per number of rules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,100,1000,10000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    rows = [measure(size) for size in sizes]
    head = ["rules", "limit µs", "all µs", "ours µs", "ours/limit", "raw µs", "one by one µs", "cold µs", "load s"]
    table("Deciding one tool call", head, rows)


if __name__ == "__main__":
    main()
