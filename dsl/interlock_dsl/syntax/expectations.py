"""What may come next: asked of the tables, said in words."""

from collections.abc import Sequence
from typing import Final

from interlock_dsl.diagnostics.messages.syntax import PHRASES
from interlock_dsl.syntax.scan import WORD
from interlock_dsl.syntax.tables import END, Tables

OPERATORS: Final = frozenset(
    {
        "OR", "AND", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL", "IN",
        "PLUS", "MINUS", "TIMES", "DIVIDE", "MODULO",
    }
)  # fmt: skip
_AFTER_A_VALUE: Final = frozenset({"DOT", "LSQB", "LPAR", "QMARK"})


class Expectations:
    """Answers for one set of tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._beginnings: dict[tuple[int, frozenset[str]], frozenset[str]] = {}
        self._terminals = {terminal.name: terminal for terminal in tables.terminals}

    def after(self, states: Sequence[int], kind: str) -> list[int] | None:
        """Return the stack of states after a token, or None where it does not fit."""
        rows, rules = self.tables.rows, self.tables.rules
        stack = list(states)
        while True:
            action = rows[stack[-1]].get(kind)
            if action is None:
                return None
            if action >= 0:
                stack.append(action)
                return stack
            rule = rules[-action - 1]
            if rule.size:
                del stack[-rule.size :]
            stack.append(rows[stack[-1]][rule.origin])

    def accepted(self, states: Sequence[int]) -> dict[str, int]:
        """Return the kinds of token that fit, each with the state in which it is taken."""
        accepted: dict[str, int] = {}
        for kind in self.tables.rows[states[-1]]:
            if kind in self._terminals or kind == END:
                stack = self.after(states, kind)
                if stack is not None:
                    accepted[kind] = stack[-2]
        return accepted

    def beginnings(self, state: int, rules: frozenset[str]) -> frozenset[str]:
        """Return the kinds that begin one of the rules that can begin in a state."""
        known = self._beginnings.get((state, rules))
        if known is None:
            row = self.tables.rows[state]
            known = frozenset[str]().union(*(self.tables.firsts[rule] for rule in rules if rule in row))
            self._beginnings[state, rules] = known
        return known

    def phrases(self, states: Sequence[int]) -> list[str]:
        """Return what may come next, in words, the most telling first."""
        accepted = self.accepted(states)
        after_a_value = len(OPERATORS & accepted.keys()) > 1
        rank = {name: at for at, name in enumerate(PHRASES)}
        found: dict[str, int] = {}
        for kind, state in accepted.items():
            row = self.tables.rows[state]
            rules = [rule for rule in PHRASES if rule in row and kind in self.tables.firsts[rule]]
            if rules:
                found.setdefault(PHRASES[rules[0]], rank[rules[0]])
            elif kind in OPERATORS and after_a_value:
                found["an operator"] = len(rank)
            elif kind == END:
                found["the end of the file"] = len(rank) + 2
            elif not (kind in _AFTER_A_VALUE and after_a_value):
                terminal = self._terminals[kind]
                if terminal.fixed:
                    found[f"`{terminal.pattern}`"] = len(rank) + 1
                elif kind == WORD:
                    found["a name"] = len(rank)
        return sorted(found, key=lambda phrase: (found[phrase], phrase))
