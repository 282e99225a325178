"""What happens at a mistake: say what is wrong, once, and put the automaton where it can go on.

The ways to go on, the gentlest first. Each is tried on a copy of the stack of states and taken only if the next tokens
fit:

1. a word that is nearly a keyword is that keyword;
2. brackets that must have ended here are closed;
3. one sign is put in, or one token left out;
4. the list that the mistake is in (of clauses, steps, rules, declarations, ...) goes on with the next thing that can be
   an item of it, and what was begun is dropped.

A word that the parser took for a name, and that makes no sense as one, is looked at again first: most mistakes are
noticed one token late.
"""

import re
from collections.abc import Sequence
from typing import Final

from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.syntax.automaton import CLOSING, OPENING, Automaton, Doubt
from interlock_dsl.syntax.expectations import Expectations
from interlock_dsl.syntax.scan import LOST, WORD, Token, token
from interlock_dsl.syntax.tables import END
from interlock_dsl.syntax.vicinity import Vicinity, line_end

MOST_ERRORS: Final = 50
ITEMS: Final = frozenset(
    {
        "declaration", "workflow_item", "route_clause", "tool_clause", "agent_clause", "role_clause",
        "agent_step_clause", "ask_step_clause", "budget_clause", "rule", "rule_clause", "table_item", "test_item",
        "field", "argument",
    }
)  # fmt: skip
"""What lists are made of; a parse goes on at the next of these."""
ELSEWHERE: Final = {"and": "AND", "or": "OR", "not": "NOT", "=": "EQUAL", "&": "AND"}
"""How other languages write an operator."""
_NOT: Final = re.compile(r"\bnot [\w.]+\s*\Z")
INSERTED: Final = ("COLON", "COMMA", "->")


class Recovery:
    """Mends one parse."""

    def __init__(self, automaton: Automaton) -> None:
        self.parse = automaton
        self.source = automaton.source
        self.expectations = Expectations(automaton.tables)
        self.near = Vicinity(self.source.text, automaton.scanner, self.expectations)
        self.kinds = {terminal.pattern: terminal.name for terminal in automaton.tables.terminals if terminal.fixed}
        self._seen_doubts: set[int] = set()
        self._quiet_until = -1

    def mend(self, found: Token) -> Token | None:
        """Report the mistake at a token, change the stacks, and return the token to go on with."""
        if len(self.parse.diagnostics) >= MOST_ERRORS:
            self._say(messages.too_many(MOST_ERRORS, self._span(found)))
            self.parse.cut(self._top())
            self.parse.position = len(self.source.text)
            return token(END, "", self.parse.position, self.parse.position)
        if found.kind == LOST or self._is_foreign_comment(found):
            return self._lost(found)
        quiet = self.parse.shifted < self._quiet_until
        doubted = None if quiet else self._doubted(found)
        if doubted is not None:
            return doubted
        return self._go_on(found, quiet=quiet)

    # --- texts and characters that are no tokens

    def _is_foreign_comment(self, found: Token) -> bool:
        return found == "/" and self.source.text.startswith("/*", found.start_pos)

    def _lost(self, found: Token) -> Token:
        text, start = self.source.text, found.start_pos
        if found in "\"'":
            return self._lost_text(start)
        if found == "/":
            end = text.find("*/", start)
            end = len(text) if end < 0 else end + 2
        elif found == "#":
            end = line_end(text, start)
        else:
            end = start + 1
            while end < len(text) and self._lost_at(end):
                end += 1
        operator = self._instead(found)
        if operator is not None:
            self._say(messages.misspelt(found, self._written(operator), self._span(found)))
            return token(operator, self._written(operator), start, end)
        self._say(messages.strange_characters(text[start : min(end, start + 20)], Span(self.source, start, end)))
        self.parse.position = end
        self._quiet_until = self.parse.shifted + 2
        return self.parse.next_token()

    def _lost_at(self, position: int) -> bool:
        if self.parse.scanner.start(self.source.text, position) != position:
            return False
        return (
            self.source.text[position] not in "\"'"
            and self.parse.scanner.next(self.source.text, position, {}).kind == LOST
        )

    def _lost_text(self, start: int) -> Token:
        text = self.source.text
        # Three quotes that nothing closes were read as an empty text and one more quote.
        triple = text[start - 2 : start + 1] in ('"""', "'''")
        end = len(text) if triple else line_end(text, start)
        first = start - 2 if triple else start
        self._say(messages.unclosed_text(Span(self.source, first, line_end(text, start)), triple=triple))
        self._quiet_until = self.parse.shifted + 2
        if self.near.after(self.parse.states, "STRING") is not None:
            return token("STRING", '""', start, end)
        self.parse.position = end
        return self.parse.next_token()

    # --- words noticed too late

    def _doubted(self, found: Token) -> Token | None:
        """Go back to the word before the mistake if it was the mistake; return None if it was not."""
        for doubt in reversed(self.parse.doubts):
            word = doubt.token
            if word.start_pos >= found.start_pos or word.start_pos in self._seen_doubts:
                continue
            if self.near.begins_declaration(word) and doubt.brackets and self.near.same_line(word, found):
                return self._back_to(doubt)
            since = self.parse.shifted - doubt.shifted
            if since <= 2 and self.near.taken_for_name(word):
                return self._back_to(doubt)
            if since > 1:
                continue
            if word in self.parse.scanner.soft and "operand" in self.parse.tables.rows[doubt.states[-1]]:
                return self._back_to(doubt)
            if self._keyword_for(word, doubt.states, word.end_pos) is not None:
                return self._back_to(doubt)
        return None

    def _back_to(self, doubt: Doubt) -> Token | None:
        self._seen_doubts.add(doubt.token.start_pos)
        self.parse.restore(doubt)
        word = doubt.token
        kind = self.parse.scanner.keywords.get(word, WORD)
        return self._go_on(token(kind, word, word.start_pos, word.end_pos), quiet=False)

    # --- ways to go on

    def _go_on(self, found: Token, *, quiet: bool) -> Token | None:
        if not quiet:
            for way in (self._respelt, self._closed, self._unopened, self._completed, self._shortened):
                mended = way(found)
                if mended is not None:
                    return mended
            self._say(self._unexpected(found))
        return self._at_next_item(found)

    def _respelt(self, found: Token) -> Token | None:
        kind = self._keyword_for(found, self.parse.states, found.end_pos)
        if kind is None:
            return None
        self._say(messages.misspelt(found, self._written(kind), self._span(found)))
        return token(kind, self._written(kind), found.start_pos, found.end_pos)

    def _keyword_for(self, word: str, states: Sequence[int], position: int) -> str | None:
        """Return the kind of the keyword or operator that was meant and with which the text goes on."""
        kind = self._instead(word, states)
        if kind is None and word.isidentifier():
            scanner = self.parse.scanner
            accepted = self.expectations.accepted(states)
            candidates = [soft for soft in scanner.soft if scanner.keywords[soft] in accepted]
            near = nearest(word, [soft for soft in candidates if max(len(soft), len(word)) > 3])
            kind = scanner.keywords[near] if near else None
        after = self.near.after(states, kind) if kind else None
        return kind if after is not None and self.near.fits(after, position, 1) else None

    def _instead(self, word: str, states: Sequence[int] | None = None) -> str | None:
        kind = ELSEWHERE.get(word)
        return kind if kind and self.near.after(states or self.parse.states, kind) is not None else None

    def _closed(self, found: Token) -> Token | None:
        """Close brackets that must have ended before `found`."""
        if not self.parse.brackets:
            return None
        outermost = self.near.begins_declaration(found) or found.kind == END
        if not outermost and not self.near.first_on_line(found):
            return None
        states: list[int] | None = self.parse.states
        for count, (opening, _) in enumerate(reversed(self.parse.brackets), 1):
            states = self.near.after(states, self.kinds[OPENING[opening]]) if states else None
            if states is None:
                break
            if not outermost and opening == "{" and self.near.indentation(opening) < self.near.indentation(found):
                break
            if self.near.fits(states, found.start_pos, 2) and (not outermost or count == len(self.parse.brackets)):
                self._say_unclosed(found)
                for _ in range(count):
                    self._close()
                return self._again(found)
        if not outermost:
            return None
        self._say_unclosed(found)
        self.parse.cut(self._top())
        return self._again(found)

    def _say_unclosed(self, found: Token) -> None:
        opening = self.parse.brackets[-1][0]
        outermost = found.kind == END or self.near.begins_declaration(found)
        suspect = self.near.badly_closed(self.parse.brackets[0][0]) if outermost else None
        self._say(
            messages.unclosed(
                self._span(opening), OPENING[suspect or opening], self._called(found), self._span(found),
                self._span(suspect) if suspect else None,
            )
        )  # fmt: skip

    def _close(self) -> None:
        opening = self.parse.brackets[-1][0]
        kind = self.kinds[OPENING[opening]]
        closing = token(kind, "", self.parse.last_end, self.parse.last_end)
        while (action := self.parse.tables.rows[self.parse.states[-1]][kind]) < 0:
            self.parse.reduce(-action - 1, closing.start_pos)
        self.parse.brackets.pop()
        self.parse.shift(closing, action)

    def _unopened(self, found: Token) -> Token | None:
        if found not in CLOSING or self.parse.brackets:
            return None
        self._say(messages.unopened(self._span(found)))
        return self._left_out(found)

    def _completed(self, found: Token) -> Token | None:
        """Put in the one sign that is missing."""
        for sign in INSERTED:
            kind = self.kinds.get(sign, sign)
            after = self.near.after(self.parse.states, kind)
            if after is not None and found.kind != END and self.near.fits(after, found.start_pos, 2):
                self._quiet_until = self.parse.shifted + 3
                self._say(messages.missing(self._written(kind), self._called(found), self._span(found)))
                return token(kind, "", self.parse.last_end, self.parse.last_end)
        return None

    def _shortened(self, found: Token) -> Token | None:
        """Leave out the token that is too much."""
        if found in OPENING or found in CLOSING or found in self.parse.scanner.soft or found.kind == END:
            return None
        if self.near.first_on_line(found):
            return None
        if not self.near.fits(self.parse.states, found.end_pos, 2):
            return None
        self._say(self._unexpected(found))
        return self._left_out(found)

    def _left_out(self, found: Token) -> Token:
        self._quiet_until = self.parse.shifted + 3
        self.parse.position = found.end_pos
        return self.parse.next_token()

    def _at_next_item(self, found: Token) -> Token | None:
        """Drop what was begun and go on with the next item of a list around it."""
        heights = self._heights_by_open_brackets()
        depth, on_line, end = 0, self.near.opened_before(found), found.start_pos
        for at in self.near.tokens(found.start_pos):
            if at.kind == END or (self.near.begins_declaration(at) and self.near.fits(self._at_top(), at.start_pos, 2)):
                self.parse.cut(self._top())
                return self._again(at)
            if "\n" in self.source.text[end : at.start_pos]:
                on_line = 0
            end = at.end_pos
            if at in CLOSING and on_line == 0 and not self.near.first_on_line(at):
                continue  # it closes nothing that was dropped, and is no end of a block
            for height in heights.get(-depth, ()):
                if self._can_begin(height, at):
                    self.parse.cut(height)
                    if not self.near.first_on_line(at):
                        self._quiet_until = self.parse.shifted + 3
                    return self._again(at)
            if at in OPENING:
                depth, on_line = depth + 1, on_line + 1
            elif at in CLOSING:
                depth, on_line = max(depth - 1, -len(self.parse.brackets)), max(on_line - 1, 0)
        return None

    def _can_begin(self, height: int, at: Token) -> bool:
        """Say whether the list that goes on at a height of the stack can go on, or end, with a token."""
        state, text = self.parse.states[height - 1], self.source.text
        row = self.parse.tables.rows[state]
        seen = self.parse.scanner.next(text, at.start_pos, row)
        if seen in CLOSING:
            return seen.kind in row and self.near.after(self.parse.states[:height], seen.kind) is not None
        if seen.kind not in self._items_at(state) or "declaration" in row:
            return False
        first = self.near.first_on_line(at)
        # In the middle of a line, a field is known by its colon; any other word may be anything.
        colon = text.startswith((":", "?"), self.parse.scanner.start(text, at.end_pos))
        if seen.kind == WORD and not first and not colon:
            return False
        sure = first and at in self.parse.scanner.soft
        return self.near.fits(self.parse.states[:height], at.start_pos, 1 if sure else 2)

    def _items_at(self, state: int) -> frozenset[str]:
        """Return the kinds that begin an item of the list that goes on in this state."""
        return self.expectations.beginnings(state, ITEMS)

    def _heights_by_open_brackets(self) -> dict[int, list[int]]:
        """Return the heights of the stack at which a list goes on, by how many brackets are open above them."""
        heights: dict[int, list[int]] = {}
        brackets = self.parse.brackets
        above = 0
        for height in range(len(self.parse.states), 0, -1):
            while above < len(brackets) and brackets[-above - 1][1] >= height:
                above += 1
            if self._items_at(self.parse.states[height - 1]):
                heights.setdefault(above, []).append(height)
        return heights

    def _top(self) -> int:
        """Return the height of the stack between declarations."""
        states = self.parse.states
        return 2 if len(states) > 1 and "declaration" in self.parse.tables.rows[states[1]] else 1

    def _at_top(self) -> list[int]:
        return self.parse.states[: self._top()]

    def _again(self, at: Token) -> Token:
        """Return the token at the same place, as the state at hand sees it."""
        self.parse.position = at.start_pos
        return self.parse.next_token()

    def _span(self, at: Token) -> Span:
        return Span(self.source, at.start_pos, at.end_pos)

    def _called(self, at: Token) -> str:
        if at.kind == END:
            return messages.END_OF_FILE
        text = at.split("\n", 1)[0]
        return f"`{text if len(text) <= 40 else text[:37] + '...'}`"

    def _written(self, kind: str) -> str:
        return next(terminal.pattern for terminal in self.parse.tables.terminals if terminal.name == kind)

    def _unexpected(self, found: Token) -> Diagnostic:
        expected = self._expected()
        end = self.parse.last_end
        later = "\n" in self.source.text[end : found.start_pos] or found.kind == END
        after = Span(self.source, end, end) if later and end else None
        return messages.unexpected(self._called(found), expected, self._span(found), after, self._advice(found))

    def _advice(self, found: Token) -> str | None:
        if found.isidentifier() and self.source.text[found.start_pos - 1 : found.start_pos].isdigit():
            return messages.NO_UNIT
        if _NOT.search(self.source.text, max(0, found.start_pos - 200), found.start_pos):
            return messages.NO_NOT
        return messages.NO_COLON if found == ":" and messages.PHRASES["text"] in self._expected() else None

    def _expected(self) -> list[str]:
        return self.expectations.phrases(self.parse.states)

    def _say(self, diagnostic: Diagnostic) -> None:
        self.parse.diagnostics.append(diagnostic)
