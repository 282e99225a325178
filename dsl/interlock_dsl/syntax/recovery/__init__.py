"""Panic-mode recovery: what is wrong is reported, once, and the parser is put where it can go on.

What other languages write is said to be that (`foreign`). The other ways to go on, the gentlest first; each is tried on
a copy of the parser and taken only if the next tokens fit:

1. a word that is nearly a keyword is that keyword;
2. brackets that must have ended here are closed;
3. one sign is put in, or one token left out;
4. the list that the mistake is in (of clauses, steps, rules, declarations, ...) goes on with the next thing that can be
   an item of it, and what was begun is dropped.

A word that the parser took for a name, and that makes no sense as one, is looked at again first: most mistakes are
noticed one token late.
"""

import re
from typing import Final

from lark import Token, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from interlock_dsl.cel.parser.lexer import CLOSING, END, OPENING, UNKNOWN, WORD, end_of, start_of, token
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.grammar import grammar
from interlock_dsl.syntax.recovery.advice import advice, is_extra_colon
from interlock_dsl.syntax.recovery.expectations import beginnings, phrases
from interlock_dsl.syntax.recovery.foreign import ELSEWHERE, REACH, Found, foreign
from interlock_dsl.syntax.recovery.session import Session, Snapshot, after, height_of
from interlock_dsl.syntax.recovery.surroundings import Surroundings, line_end

MOST_ERRORS: Final = 50
ITEMS: Final = frozenset(
    {
        "declaration", "workflow_item", "route_clause", "handed_clause", "tool_clause", "agent_clause", "role_clause",
        "agent_step_clause", "ask_step_clause", "event_step_clause", "budget_clause", "rule", "rule_clause",
        "table_item", "test_item", "field", "argument",
    }
)  # fmt: skip
"""What lists are made of; a parse goes on at the next of these."""
_NAMELESS: Final = re.compile(r"\b(by(?: \d+ of)?|escalate to)[ \t]*(?://[^\n]*)?\n\s*([\w., ]+)\Z")
INSERTED: Final = ("COLON", "COMMA", "->")


def parse_with_recovery(builder: FileBuilder) -> object:
    """Return the file that a builder has been given the text of, or None if nothing can be read of the rest of it."""
    parse = Session(builder)
    recovery = Recovery(parse)
    found: Token | None = parse.next_token()
    while found is not None:
        try:
            result = parse.take(found)
        except UnexpectedToken:
            found = recovery.recover(found)
            continue
        if found.type == END:
            return result
        found = parse.next_token()
    return None


class Recovery:
    """Recovers one parse from its mistakes."""

    def __init__(self, parse: Session) -> None:
        self.parse = parse
        self.source = parse.reading.source
        self.near = Surroundings(self.source.text, parse.lexer)
        self.kinds = {terminal.pattern.value: terminal.name for terminal in grammar().terminals}
        self._seen_words: set[int] = set()
        self._quiet_until = -1
        self._foreign_until = 0

    def recover(self, found: Token) -> Token | None:
        """Report the mistake at a token, change the parse, and return the token to go on with."""
        if len(self.parse.diagnostics) >= MOST_ERRORS:
            self._report(messages.too_many(MOST_ERRORS, self._span(found)))
            self.parse.cut(self._top())
            end = self.parse.reading.position = len(self.source.text)
            return token(END, "", end, end)
        quiet = self.parse.taken < self._quiet_until
        if not quiet:
            elsewhere = foreign(
                self.source.text, self.parse.reading.last_end, start_of(found), self.parse.parser.accepts()
            )
            if elsewhere is not None and elsewhere.start >= self._foreign_until:
                return self._rewritten(elsewhere, start_of(found))
        if found.type == UNKNOWN or self.source.text.startswith("/*", start_of(found)):
            return self._lost(found)
        kind = self.parse.lexer.keywords.get(found) if found.type == WORD else None
        if kind is not None and after(self.parse.parser, kind) is not None:  # a name only because of the `:` after it
            return token(kind, found, start_of(found), end_of(found))
        late = not quiet and not is_extra_colon(found, self._expected() if found == ":" else ())
        reconsidered = self._nameless(found) or self._reconsidered(found) if late else None
        if reconsidered is not None:
            return reconsidered
        return self._go_on(found, quiet=quiet)

    def _rewritten(self, found: Found, at: int) -> Token | None:
        """Report what another language writes, and go on after it."""
        span = Span(self.source, found.start, found.end)
        self._report(messages.elsewhere(span, found.instead, found.note))
        self._foreign_until = self.parse.reading.position = found.end
        kind = self.kinds.get(found.instead)
        if kind is not None and found.start == at and after(self.parse.parser, kind) is not None:
            return token(kind, found.instead, found.start, found.end)
        goes_on = self.near.fits(self.parse.parser, found.end, 2)
        following = self.parse.next_token()
        return following if goes_on else self._at_next_item(following)

    # --- texts and characters that are no tokens

    def _lost(self, found: Token) -> Token:
        text, start = self.source.text, start_of(found)
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
            self._report(messages.misspelt(found, self._written(operator), self._span(found)))
            return token(operator, self._written(operator), start, end)
        self._report(messages.strange_characters(text[start : min(end, start + 20)], Span(self.source, start, end)))
        self.parse.reading.position = end
        self._quiet_until = self.parse.taken + 2
        return self.parse.next_token()

    def _lost_at(self, position: int) -> bool:
        if self.parse.lexer.start(self.source.text, position) != position:
            return False
        return (
            self.source.text[position] not in "\"'"
            and self.parse.lexer.next(self.source.text, position, {}).type == UNKNOWN
        )

    def _lost_text(self, start: int) -> Token:
        text = self.source.text
        # Three quotes that nothing closes were read as an empty text and one more quote.
        triple = text[start - 2 : start + 1] in ('"""', "'''")
        end = len(text) if triple else line_end(text, start)
        first = start - 2 if triple else start
        self._report(messages.unclosed_text(Span(self.source, first, line_end(text, start)), triple=triple))
        self._quiet_until = self.parse.taken + 2
        if after(self.parse.parser, "STRING") is not None:
            return token("STRING", '""', start, end)
        self.parse.reading.position = end
        return self.parse.next_token()

    # --- words noticed too late

    def _nameless(self, found: Token) -> Token | None:
        """Report a name that is missing at the end of a line, where the next line was read as that name."""
        start = start_of(found)
        last = _NAMELESS.search(self.source.text, max(0, start - REACH), start)
        if last is None:
            return None
        self._report(messages.nameless(" ".join(last[1].split()), Span(self.source, *last.span(1))))
        self.parse.reading.position = last.start(2)
        return self._at_next_item(self.parse.next_token())

    def _reconsidered(self, found: Token) -> Token | None:
        """Go back to the word before the mistake if it was the mistake; return None if it was not."""
        for snapshot in reversed(self.parse.snapshots):
            word = snapshot.token
            if start_of(word) > start_of(found) or start_of(word) in self._seen_words:
                continue
            if start_of(word) == start_of(found):  # what it ended may have been ended by its spelling alone
                if self._keyword_for(word, snapshot.parser, end_of(word)) is not None:
                    return self._back_to(snapshot)
                continue
            if self.near.begins_declaration(word) and snapshot.brackets and self.near.same_line(word, found):
                return self._back_to(snapshot)
            since = self.parse.taken - snapshot.taken
            if since <= 2 and self.near.taken_for_name(word):
                return self._back_to(snapshot)
            if since > 1:
                continue
            if snapshot.brackets and self.near.ends_block(word, snapshot.brackets[-1][0], snapshot.parser):
                return self._back_to(snapshot)
            if word in self.parse.lexer.soft and "operand" in snapshot.parser.choices():
                return self._back_to(snapshot)
            if self._keyword_for(word, snapshot.parser, end_of(word)) is not None:
                return self._back_to(snapshot)
        return None

    def _back_to(self, snapshot: Snapshot) -> Token | None:
        self._seen_words.add(start_of(snapshot.token))
        self.parse.restore(snapshot)
        word = snapshot.token
        kind = self.parse.lexer.keywords.get(word, WORD)
        return self._go_on(token(kind, word, start_of(word), end_of(word)), quiet=False)

    # --- ways to go on

    def _go_on(self, found: Token, *, quiet: bool) -> Token | None:
        if not quiet:
            for way in (self._respelt, self._closed, self._unopened, self._completed, self._shortened):
                recovered = way(found)
                if recovered is not None:
                    return recovered
            self._report(self._unexpected(found))
        return self._at_next_item(found)

    def _respelt(self, found: Token) -> Token | None:
        kind = self._keyword_for(found, self.parse.parser, end_of(found))
        if kind is None:
            return None
        self._report(messages.misspelt(found, self._written(kind), self._span(found)))
        return token(kind, self._written(kind), start_of(found), end_of(found))

    def _keyword_for(self, word: str, parser: InteractiveParser, position: int) -> str | None:
        """Return the kind of the keyword or operator that was meant and with which the text goes on."""
        kind = self._instead(word, parser)
        if kind is None and word.isidentifier():
            scanner = self.parse.lexer
            accepted = parser.accepts()
            candidates = [soft for soft in scanner.soft if scanner.keywords[soft] in accepted]
            near = nearest(word, [soft for soft in candidates if max(len(soft), len(word)) > 3])
            kind = scanner.keywords[near] if near else None
        taken = after(parser, kind) if kind else None
        return kind if taken is not None and self.near.fits(taken, position, 1) else None

    def _instead(self, word: str, parser: InteractiveParser | None = None) -> str | None:
        kind = ELSEWHERE.get(word)
        return kind if kind and after(parser or self.parse.parser, kind) is not None else None

    def _closed(self, found: Token) -> Token | None:
        """Close brackets that must have ended before `found`."""
        if not self.parse.brackets:
            return None
        outermost = self.near.begins_declaration(found) or found.type == END
        if not outermost and not self.near.first_on_line(found):
            return None
        parser = self.parse.parser
        for count, (opening, _) in enumerate(reversed(self.parse.brackets), 1):
            closed = after(parser, self.kinds[OPENING[opening]])
            if closed is None:
                break
            parser = closed
            if not outermost and opening == "{" and self.near.indentation(opening) < self.near.indentation(found):
                break
            if self.near.fits(parser, start_of(found), 2) and (not outermost or count == len(self.parse.brackets)):
                self._report_unclosed(found)
                for _ in range(count):
                    self._close()
                return self._again(found)
        if not outermost:
            return None
        self._report_unclosed(found)
        self.parse.cut(self._top())
        return self._again(found)

    def _report_unclosed(self, found: Token) -> None:
        opening = self.parse.brackets[-1][0]
        outermost = found.type == END or self.near.begins_declaration(found)
        suspect = self.near.badly_closed(self.parse.brackets[0][0], found) if outermost else None
        self._report(
            messages.unclosed(
                self._span(opening), OPENING[suspect or opening], self._shown(found), self._span(found),
                self._span(suspect) if suspect else None,
            )
        )  # fmt: skip

    def _close(self) -> None:
        opening, _ = self.parse.brackets[-1]
        end = self.parse.reading.last_end
        self.parse.take(token(self.kinds[OPENING[opening]], "", end, end))

    def _unopened(self, found: Token) -> Token | None:
        if found not in CLOSING or self.parse.brackets:
            return None
        self._report(messages.unopened(self._span(found)))
        return self._left_out(found)

    def _completed(self, found: Token) -> Token | None:
        """Put in the one sign that is missing."""
        for sign in INSERTED:
            kind = self.kinds.get(sign, sign)
            taken = after(self.parse.parser, kind)
            if taken is not None and found.type != END and self.near.fits(taken, start_of(found), 2):
                self._quiet_until = self.parse.taken + 3
                place = Span(self.source, self.parse.reading.last_end, self.parse.reading.last_end)
                self._report(messages.missing(self._written(kind), self._shown(found), self._span(found), place))
                return token(kind, "", self.parse.reading.last_end, self.parse.reading.last_end)
        return None

    def _shortened(self, found: Token) -> Token | None:
        """Leave out the token that is too much."""
        if found in OPENING or found in CLOSING or found in self.parse.lexer.soft or found.type == END:
            return None
        if self.near.first_on_line(found):
            return None
        if not self.near.fits(self.parse.parser, end_of(found), 2):
            return None
        self._report(self._unexpected(found))
        return self._left_out(found)

    def _left_out(self, found: Token) -> Token:
        self._quiet_until = self.parse.taken + 3
        self.parse.reading.position = end_of(found)
        return self.parse.next_token()

    def _at_next_item(self, found: Token) -> Token | None:
        """Drop what was begun and go on with the next item of a list around it."""
        lists, top = self._lists(), self.parse.at(self._top())
        depth, on_line, end = 0, self.near.opened_before(found), start_of(found)
        for at in self.near.tokens(start_of(found)):
            if at.type == END or (self.near.begins_declaration(at) and self.near.fits(top, start_of(at), 2)):
                self.parse.cut(self._top())
                return self._again(at)
            if "\n" in self.source.text[end : start_of(at)]:
                on_line = 0
            end = end_of(at)
            if at in CLOSING and on_line == 0 and not self.near.first_on_line(at):
                continue  # it closes nothing that was dropped, and is no end of a block
            for parser in lists.get(-depth, ()):
                if self._can_go_on(parser, at):
                    self.parse.cut(height_of(parser))
                    if not self.near.first_on_line(at):
                        self._quiet_until = self.parse.taken + 3
                    return self._again(at)
            if at in OPENING:
                depth, on_line = depth + 1, on_line + 1
            elif at in CLOSING:
                depth, on_line = max(depth - 1, -len(self.parse.brackets)), max(on_line - 1, 0)
        return None

    def _can_go_on(self, parser: InteractiveParser, at: Token) -> bool:
        """Say whether the list at the top of a parser's stack can go on, or end, with a token."""
        text, choices = self.source.text, parser.choices()
        seen = self.parse.lexer.next(text, start_of(at), choices)
        if seen in CLOSING:
            return seen.type in choices and after(parser, seen.type) is not None
        if seen.type not in beginnings(choices, ITEMS) or "declaration" in choices:
            return False
        first = self.near.first_on_line(at)
        # In the middle of a line, a field is known by its colon; any other word may be anything.
        colon = text.startswith((":", "?"), self.parse.lexer.start(text, end_of(at)))
        if seen.type == WORD and not first and not colon:
            return False
        certain = first and at in self.parse.lexer.soft
        return self.near.fits(parser, start_of(at), 1 if certain else 2)

    def _lists(self) -> dict[int, list[InteractiveParser]]:
        """Return a parser for each list around the mistake, by how many brackets are open above the list."""
        lists: dict[int, list[InteractiveParser]] = {}
        brackets = self.parse.brackets
        above = 0
        for height, choices in self.parse.choices_downwards():
            while above < len(brackets) and brackets[-above - 1][1] >= height:
                above += 1
            if not ITEMS.isdisjoint(choices):
                lists.setdefault(above, []).append(self.parse.at(height))
        return lists

    def _top(self) -> int:
        """Return the height of the stack between declarations."""
        return 2 if self.parse.height > 1 and "declaration" in self.parse.at(2).choices() else 1

    def _again(self, at: Token) -> Token:
        """Return the token at the same place, as the state at hand sees it."""
        self.parse.reading.position = start_of(at)
        return self.parse.next_token()

    def _span(self, at: Token) -> Span:
        return Span(self.source, start_of(at), end_of(at))

    def _shown(self, at: Token) -> str:
        if at.type == END:
            return messages.END_OF_FILE
        text = at.split("\n", 1)[0]
        return f"`{text if len(text) <= 40 else text[:37] + '...'}`"

    def _written(self, kind: str) -> str:
        return grammar().get_terminal(kind).pattern.value

    def _unexpected(self, found: Token) -> Diagnostic:
        expected = self._expected()
        help = advice(self.source.text, found, expected, self.parse.lexer.keywords)
        end = self.parse.reading.last_end
        later = "\n" in self.source.text[end : start_of(found)] or found.type == END
        after = Span(self.source, end, end) if later and end else None
        return messages.unexpected(self._shown(found), expected, self._span(found), after, help)

    def _expected(self) -> list[str]:
        return phrases(self.parse.parser)

    def _report(self, diagnostic: Diagnostic) -> None:
        self.parse.diagnostics.append(diagnostic)
