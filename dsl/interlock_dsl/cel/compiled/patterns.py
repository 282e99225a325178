"""Patterns simple enough for Python's own engine: those on which it cannot backtrack.

RE2 is linear for every pattern, but reaching it from Python costs many times the match. A pattern qualifies if it is a
row of single characters and classes, and either nothing repeats, or it is anchored and what repeats has no character in
common with what may follow, so that the first attempt is the only one. On ASCII text both engines then agree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_CLASS = r"\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_.@/:,% ]|\\[dw.\-/])+-?\]"
_PLAIN = r"[A-Za-z0-9_/:@,;=&%#!~'\"<> -]"
_ESCAPED = r"\\[dw.*+?()\[\]{}|^$/\-\\]"
_ITEM = re.compile(rf"(?P<item>{_PLAIN}|{_ESCAPED}|\.|{_CLASS})(?P<times>[*+?]?)")
_ASCII = [chr(code) for code in range(128)]


@dataclass(frozen=True, slots=True)
class _Item:
    characters: frozenset[str]
    times: str


def simple(pattern: str) -> Callable[[str], object | None] | None:
    """Return what searches an ASCII text for a pattern (one that RE2 accepts), None if that is for RE2 alone."""
    body = pattern.removeprefix("^")
    anchored, ends = body != pattern, body.endswith("$") and not body.endswith("\\$")
    if ends:
        body = body[:-1]
    items = _items(body)
    if items is None or not (_fixed(items) or (anchored and _decided(items))):
        return None
    start, end = ("\\A" if anchored else ""), ("\\Z" if ends else "")
    return re.compile(f"{start}{body}{end}", re.ASCII).search


def _items(body: str) -> list[_Item] | None:
    items: list[_Item] = []
    at = 0
    while at < len(body):
        found = _ITEM.match(body, at)
        if found is None:
            return None
        one = re.compile(found["item"], re.ASCII)
        items.append(_Item(frozenset(filter(one.fullmatch, _ASCII)), found["times"]))
        at = found.end()
    return items


def _fixed(items: list[_Item]) -> bool:
    return not any(item.times for item in items)


def _decided(items: list[_Item]) -> bool:
    """Whether no character can both continue a repetition and begin what follows it."""
    for at, item in enumerate(items):
        if item.times:
            for following in items[at + 1 :]:
                if item.characters & following.characters:
                    return False
                if following.times in ("", "+"):
                    break
    return True
