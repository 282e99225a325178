"""How long it takes to read a file of the language, beside the tree that Lark itself makes of it.

    .venv/bin/python bench/parse.py

Reads files of several sizes: a policy of 2,000 rules, the examples one after another, long conditions. Prints the
milliseconds of Lark's own tree (its own lexer, no positions, nothing built but `Tree`), those of `parse`, which gives
the tree of the language with all its places, and their ratio. Fails if a ratio is above the goal.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from lark import Lark

from interlock_dsl.cel.parser.grammar import PACKAGE
from interlock_dsl.syntax.grammar import FILES
from interlock_dsl.syntax.parser import parse
from measure import apart, interleaved, table

GOAL = 1.8
EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/*.ilk"))


def rules(count: int) -> str:
    lines = (
        f'  permit refunds.read{at}, orders.* when args.amount <= {at}_000 && args.region == "eu" because "rule {at}"'
        for at in range(count)
    )
    return "\n".join(("policy p {", *lines, "}"))


def conditions(count: int) -> str:
    lines = (
        f"  a{at} -> b{at}\n    when order.total * {at} + 2 > limit.amount || (order.items.exists(i, i.price >= 10.5)"
        f" && !(order.region in ['eu', 'us'])) ? size(order.note) < {at} : has(order.note)"
        for at in range(count)
    )
    return "\n".join(("workflow w() {", *lines, "}"))


TEXTS = {
    "2,000 rules": rules(2_000),
    "examples": "\n".join(path.read_text("utf-8") for path in EXAMPLES),
    "500 conditions": conditions(500),
}


def main() -> int:
    lark = Lark.open_from_package(
        PACKAGE, FILES.path, parser="lalr", lexer="contextual", start=FILES.start, maybe_placeholders=False
    )
    rows, worst = [], 0.0
    for name, text in TEXTS.items():
        contenders: dict[str, Callable[[], None]] = {
            "lark": apart(lambda text=text: lark.parse(text)),
            "ours": apart(lambda text=text: parse(text, "bench.ilk")),
        }
        taken = interleaved(contenders, rounds=9)
        ratio = taken["ours"] / taken["lark"]
        worst = max(worst, ratio)
        rows.append([name, f"{len(text)}", *(f"{taken[key] * 1e3:.1f}" for key in ("lark", "ours")), f"{ratio:.2f}"])
    table("reading", ["text", "characters", "Lark's tree, ms", "ours, ms", "ratio"], rows)
    print(f"\nworst ratio {worst:.2f}, goal {GOAL}")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
