"""The diagnostics of one compilation so far, and the phrases that messages are made of."""

from collections.abc import Callable, Iterable, Sequence

from interlock_dsl.diagnostics.code import Certainty, Severity
from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import nearest

SHOWN = 8
"""How many alternatives a help line lists."""


class Report:
    """The diagnostics of one compilation. Each is kept once; `ordered` sorts them by file and place."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._files: dict[str, int] = {}
        self.missing: set[tuple[str, str]] = set()
        """The kinds and names that were reported as declared nowhere."""

    def copy(self) -> "Report":
        """Return a report that begins with what this one holds, for the next stage to go on with."""
        other = Report()
        other._found, other._files, other.missing = dict(self._found), dict(self._files), set(self.missing)
        return other

    def first_of(self, kind: str, name: str) -> bool:
        """Note that a name of a kind is missing; return whether it is the first time."""
        known = len(self.missing)
        self.missing.add((kind, name))
        return len(self.missing) > known

    def file(self, name: str) -> None:
        """Note the next file, so that diagnostics can be put in the order of files."""
        self._files.setdefault(name, len(self._files))

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic."""
        self._found.setdefault(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def keep(self, wanted: Callable[[Diagnostic], bool]) -> None:
        """Drop all diagnostics but the wanted ones."""
        self._found = dict.fromkeys(filter(wanted, self._found))

    def reword(self, change: Callable[[Diagnostic], Diagnostic]) -> None:
        """Say every diagnostic as `change` words it."""
        self._found = dict.fromkeys(map(change, self._found))

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return any(found.severity is Severity.ERROR for found in self._found)

    def ordered(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics by file, then by place."""
        return tuple(sorted(self._found, key=self._place))

    def _place(self, found: Diagnostic) -> tuple[int, int, int, str]:
        span = found.span
        return self._files.get(span.source.name, len(self._files)), span.start, span.end, found.message


def diagnose(
    code: str,
    message: str,
    span: Span,
    under: str = "",
    *more: Label,
    help: str | None = None,
    note: str | None = None,
    edits: tuple[Edit, ...] = (),
    stated: Certainty | None = None,
) -> Diagnostic:
    """Return a diagnostic with its primary place, the text under it, and further places."""
    labels, notes = (Label(span, under), *more), (note,) if note else ()
    return Diagnostic(code, message, labels, help=help, notes=notes, stated=stated, edits=edits)


def instead(name: str, candidates: Iterable[str]) -> str | None:
    """Return a suggestion of the nearest candidate, or None."""
    near = nearest(name, candidates)
    return f"did you mean `{near}`?" if near else None


def listed(names: Iterable[str], last: str = "and") -> str:
    """Write names in backticks: `a`, `b` and `c`."""
    every = [f"`{name}`" for name in names]
    if len(every) > SHOWN:
        return ", ".join(every[:SHOWN]) + f" {last} {len(every) - SHOWN} more"
    return f" {last} ".join(filter(None, (", ".join(every[:-1]), *every[-1:])))


def path(names: Sequence[str]) -> str:
    """Write a way through the graph: `a` -> `b` -> `c`."""
    return " -> ".join(f"`{name}`" for name in names)


def article(word: str) -> str:
    """Put `a` or `an` before a word."""
    return f"{'an' if word[:1].lower() in 'aeio' else 'a'} {word}"
