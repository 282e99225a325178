"""The parser's tables: made from the grammar by Lark, kept beside it as `tables.json`, read without Lark.

Building the tables takes seconds and a library; reading them takes milliseconds.
`python -m interlock_dsl.syntax.tables` writes the file again after a change of a grammar; `--check` only says whether it is stale.
The file depends on the grammar alone: states are numbered by a walk from the start symbols in the order of names.

A row maps the name of a symbol to what is done on it: `n >= 0` goes to state n, `n < 0` reduces by rule `-n - 1`.
"""

import json
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import methodcaller
from pkgutil import get_data
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule
    from lark.parsers.lalr_analysis import IntParseTable

GRAMMARS: Final = ("syntax/grammar.lark", "cel/grammar.lark")
STARTS: Final = ("expression", "file")
END: Final = "$END"
FILE_NAME: Final = "syntax/tables.json"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A kind of token: `pattern` is the text itself when `fixed`, else a regular expression."""

    name: str
    pattern: str
    fixed: bool
    priority: int


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a rule makes of its parts.

    `size` symbols become one `origin`; of their values those in `kept` (all of them when None) are the parts, where a
    True beside the index puts a list's items in its place. A `single` part stands for itself; else the builder's
    `method` makes the value, or, where that is empty, the list of parts is the value.
    """

    origin: str
    method: str
    size: int
    kept: tuple[tuple[int, bool], ...] | None
    single: bool

    @property
    def alone(self) -> bool:
        """Whether there is always just one part, which stands for itself."""
        return self.single and (self.size if self.kept is None else len(self.kept)) == 1


@dataclass(frozen=True, slots=True)
class Tables:
    """An LALR(1) automaton: it begins in the state of a start symbol and has accepted in the state `end`."""

    starts: Mapping[str, int]
    end: int
    terminals: Sequence[Terminal]
    ignored: frozenset[str]
    rules: Sequence[Reduction]
    firsts: Mapping[str, frozenset[str]]
    """The kinds of token that can begin each rule."""
    rows: Sequence[Mapping[str, int]]
    trivial: Sequence[bool]
    """By (negative) action: whether it reduces one symbol and leaves its value as it is."""
    passed: dict[tuple[int, int, str], int]
    """Where rows of such reductions lead, as far as that has been asked: a state, by the state below, the state on top
    and the kind of the next token. It only ever gains entries that any thread would compute alike."""


@cache
def load() -> Tables:
    """Return the tables of the language."""
    data = json.loads(_package_text(FILE_NAME))
    symbols = data["symbols"]
    rows = [dict(zip((symbols[at] for at in row[::2]), row[1::2], strict=True)) for row in data["rows"]]
    rules = [
        Reduction(origin, method, size, None if kept is None else tuple(map(tuple, kept)), single)
        for origin, method, size, kept, single in data["rules"]
    ]
    return Tables(
        starts=data["starts"],
        end=data["end"],
        terminals=[Terminal(*terminal) for terminal in data["terminals"]],
        ignored=frozenset(data["ignored"]),
        rules=rules,
        firsts={rule: frozenset(symbols[at] for at in kinds) for rule, kinds in data["firsts"].items()},
        rows=[rows[at] for at in data["states"]],
        trivial=[rule.alone and rule.size == 1 for rule in reversed(rules)],
        passed={},
    )


def generate() -> str:
    """Return the text that `tables.json` must have; raise `lark.GrammarError` for a grammar with conflicts."""
    from lark import Lark
    from lark.parsers.lalr_analysis import IntParseTable, LALR_Analyzer

    grammar = "".join(map(_package_text, GRAMMARS))
    lark = Lark(grammar, parser="lalr", lexer="contextual", start=list(STARTS), maybe_placeholders=False)
    analyzer = LALR_Analyzer(lark.parser.parser_conf, strict=True)
    methodcaller("compute_lalr")(analyzer)  # which has no types
    firsts = {
        symbol.name: sorted(kind.name for kind in kinds)
        for symbol, kinds in analyzer.FIRST.items()
        if not symbol.is_term and symbol.name.isidentifier() and symbol.name[0] != "_"
    }
    assert isinstance(analyzer.parse_table, IntParseTable)
    return _written(lark, analyzer.parse_table, firsts)


def _written(lark: "Lark", table: "IntParseTable", firsts: Mapping[str, Sequence[str]]) -> str:
    order = _numbered(table)
    rules = sorted(
        {rule for row in table.states.values() for _, rule in row.values() if not isinstance(rule, int)}, key=_rule_key
    )
    rule_numbers = {rule: -number - 1 for number, rule in enumerate(rules)}
    symbols = sorted({END, *(symbol for row in table.states.values() for symbol in row)})
    symbol_numbers = {symbol: number for number, symbol in enumerate(symbols)}
    rows: dict[tuple[int, ...], int] = {}
    states: list[int] = []
    for state in order:
        row: list[int] = []
        for symbol, (_, target) in sorted(table.states[state].items()):
            row += symbol_numbers[symbol], order[target] if isinstance(target, int) else rule_numbers[target]
        if state in table.end_states.values():
            row += symbol_numbers[END], len(order)
        states.append(rows.setdefault(tuple(row), len(rows)))
    states.append(rows.setdefault((), len(rows)))
    parts = {
        "starts": {start: order[table.start_states[start]] for start in STARTS},
        "end": len(order),
        "terminals": [
            [t.name, t.pattern.value if _fixed(t.pattern) else t.pattern.to_regexp(), _fixed(t.pattern), t.priority]
            for t in sorted(lark.terminals, key=lambda t: t.name)
        ],
        "ignored": sorted(lark.ignore_tokens),
        "symbols": symbols,
        "rules": list(map(_reduction, rules)),
        "firsts": {rule: [symbol_numbers[kind] for kind in kinds] for rule, kinds in sorted(firsts.items())},
        "rows": list(rows),
        "states": states,
    }
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(part)}" for name, part in parts.items()) + "\n}\n"


def _numbered(table: "IntParseTable") -> dict[int, int]:
    """Return the new number of each state, counted breadth first from the starts."""
    order = {table.start_states[start]: number for number, start in enumerate(STARTS)}
    waiting = deque(order)
    while waiting:
        for _, (_, target) in sorted(table.states[waiting.popleft()].items()):
            if isinstance(target, int) and target not in order:
                order[target] = len(order)
                waiting.append(target)
    return order


def _rule_key(rule: "Rule") -> tuple[str, int, list[str]]:
    return rule.origin.name, rule.order, [symbol.name for symbol in rule.expansion]


def _reduction(rule: "Rule") -> list[object]:
    """Return the fields of the `Reduction`: Lark's tree shaping, for a grammar without `[]` and templates."""
    from lark.grammar import Terminal as LarkTerminal

    keep_all = rule.options.keep_all_tokens
    kept = [
        [at, not symbol.is_term and symbol.name.startswith("_")]
        for at, symbol in enumerate(rule.expansion)
        if keep_all or not (isinstance(symbol, LarkTerminal) and symbol.filter_out)
    ]
    everything = len(kept) == len(rule.expansion) and not any(expanded for _, expanded in kept)
    single = bool(rule.options.expand1 and not rule.alias)
    method = rule.alias or ("" if rule.origin.name.startswith("_") else rule.origin.name)
    return [rule.origin.name, method, len(rule.expansion), None if everything else kept, single]


def _fixed(pattern: object) -> bool:
    from lark.lexer import PatternStr

    return isinstance(pattern, PatternStr)


def _lines(part: object) -> str:
    if not isinstance(part, list) or not any(isinstance(item, list | tuple) for item in part):
        return json.dumps(part)
    return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in part) + "\n]"


def _package_text(name: str) -> str:
    data = get_data("interlock_dsl", name)
    if data is None:
        raise FileNotFoundError(f"interlock_dsl/{name}")
    return data.decode("utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write the tables, or with `--check` return 1 when they are stale."""
    from pathlib import Path

    path = Path(__file__).parent.parent / FILE_NAME
    text = generate()
    stale = not path.exists() or path.read_text("utf-8") != text
    if "--check" in arguments:
        print(f"{path} is stale: run python -m interlock_dsl.syntax.tables" if stale else f"{path} is fresh")
        return int(stale)
    if stale:
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
