"""Lines, and the weaving of comments between them.

Every line knows the offset where what it says began in the text it was read from. A comment that stood on a line of its
own goes before the line that followed it there; one at the end of a line stays at the end of that line. So comments
move with what they are about when clauses are put in order.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from interlock_dsl.diagnostics.source import Span

WIDTH: Final = 120
INDENT: Final = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output.

    `begin` is where it came from, if from anywhere. `apart` asks for an empty line before it, `loose` keeps one that
    the author put there. `closes` marks the end of a block, whose last comments belong inside.
    """

    text: str
    begin: int | None = None
    depth: int = 0
    apart: bool = False
    loose: bool = False
    closes: bool = False


def indented(lines: Iterable[Line], by: int = 1) -> list[Line]:
    """Return the lines, deeper."""
    return [replace(line, depth=line.depth + by) for line in lines]


def page(lines: Sequence[Line], comments: Sequence[Span], text: str) -> str:
    """Return the text of a page: `lines` with the comments of `text`, and empty lines where they belong."""
    before, behind = _placed(lines, comments, text)
    out: list[str] = []
    opened = True
    for at, line in enumerate(lines):
        for number, comment in enumerate(before.get(at, ())):
            apart = _blank_before(text, comment.start) or (number == 0 and line.apart)
            _put(out, line.depth + line.closes, comment.text, apart=apart and not opened)
            opened = False
        kept = (line.loose or line.apart) and line.begin is not None and _blank_before(text, line.begin)
        apart = kept or (line.apart and at not in before)
        if opened and line.text == "}" and at not in before and at - 1 not in behind:
            out[-1] += line.text  # nothing in between
        else:
            _put(out, line.depth, line.text, apart=apart and not opened and not line.closes)
        if at in behind:
            out[-1] += "  " + behind[at].text
        opened = line.text.endswith(("{", "("))
    for comment in before.get(len(lines), ()):
        _put(out, 0, comment.text, apart=bool(out) and _blank_before(text, comment.start))
    return "\n".join(out) + "\n" if out else ""


def _placed(
    lines: Sequence[Line], comments: Sequence[Span], text: str
) -> tuple[dict[int, list[Span]], dict[int, Span]]:
    """Return the comments before each line (and, by the number of lines, after the last), and the one behind each."""
    order = sorted((line.begin, at) for at, line in enumerate(lines) if line.begin is not None)
    begins = [begin for begin, _ in order]
    before: dict[int, list[Span]] = {}
    behind: dict[int, Span] = {}
    extra: dict[int, list[Span]] = {}
    for comment in comments:
        following = bisect_right(begins, comment.start)
        alone = not text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
        if alone or following == 0:
            target = order[following][1] if following < len(order) else len(lines)
            before.setdefault(target, []).append(comment)
        elif (line := order[following - 1][1]) in behind:
            extra.setdefault(line + 1, []).append(comment)
        else:
            behind[line] = comment
    for target, more in extra.items():
        before[target] = more + before.get(target, [])
    return before, behind


def _blank_before(text: str, offset: int) -> bool:
    """Say whether an empty line comes before what stands at `offset`."""
    front = text[max(0, offset - 1_000) : offset]
    return front[len(front.rstrip()) :].count("\n") > 1


def _put(out: list[str], depth: int, text: str, *, apart: bool) -> None:
    if apart:
        out.append("")
    out.append(INDENT * depth + text if text else "")
