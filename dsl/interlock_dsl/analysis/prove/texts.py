"""Texts as whole numbers: a finite sort of those that a question names, and others beside them.

Texts that are written somewhere in the question have numbers in their order by code point, far enough apart that as
many others as a question can need stand between two of them; so equality and order are those of numbers. The size of a
text and the tests of it (`startsWith`, ...) are functions that nothing is known of but their values for the texts that
are named, and how they hang together. A number that the solver chose is turned back into a text for which they hold.
"""

from collections.abc import Callable, Iterator, Mapping

import z3

from interlock_dsl.analysis.prove.logic import Bool, Whole, conj, disj, implies, neg
from interlock_dsl.cel.library.standard import matches
from interlock_dsl.cel.values import Fault

APART = 100_000
"""How many others stand between two texts that are named: more than a question has variables."""

TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": matches,
}
FILLINGS = "xyzabcdefghijklmnopqrstuvw0123456789"


class Texts:
    """The texts (or the bytes) of one question."""

    def __init__(self, context: z3.Context, kind: str) -> None:
        self._context = context
        self._whole = z3.IntSort(context)
        self._kind = kind
        self.named: dict[str, z3.ArithRef] = {}
        self._terms: dict[int, z3.ArithRef] = {}
        """Texts that are not written out and are asked about, by the identity of their terms."""
        self._sizes = z3.Function(f"{kind}-size", self._whole, self._whole)
        self._tests: dict[tuple[str, str], z3.FuncDeclRef] = {}
        self.name("")

    def name(self, text: str) -> z3.ArithRef:
        """Return the number of a text that is written out."""
        if text not in self.named:
            self.named[text] = z3.Int(f"{self._kind}-{len(self.named)}", self._context)
        return self.named[text]

    def written(self, term: Whole) -> str | None:
        """Return the text of a number if it is written out."""
        return next((text for text, known in self.named.items() if known is term), None)

    def variable(self, term: z3.ArithRef, most: int | None = None) -> Bool:
        """Note a text that is not written out; return what holds of it."""
        self._terms[term.get_id()] = term
        return True if most is None else self._sizes(term) <= most

    def size(self, term: Whole) -> Whole:
        """Return the number of code points."""
        text = self.written(term)
        if text is not None:
            return len(text)
        self._noted(term)
        found: Whole = self._sizes(term)
        return found

    def test(self, name: str, term: Whole, part: str) -> Bool:
        """Return whether a text passes a test (`startsWith`) with a text that is written out."""
        text = self.written(term)
        if text is not None:
            return _passes(name, text, part)
        self._noted(term)
        key = (name, part)
        if key not in self._tests:
            self.name(part)
            self._tests[key] = z3.Function(
                f"{self._kind}-{name}-{len(self._tests)}", self._whole, z3.BoolSort(self._context)
            )
        found: Bool = self._tests[key](term)
        return found

    def _noted(self, term: Whole) -> None:
        assert not isinstance(term, int)
        self._terms[term.get_id()] = term

    def facts(self) -> Iterator[Bool]:
        """Yield what holds of the texts that were named and asked about, to be called last."""
        for rank, text in enumerate(sorted(self.named)):
            number = self.named[text]
            yield number == (rank * APART)
            yield self._sizes(number) == len(text)
            for (name, part), test in self._tests.items():
                yield test(number) if _passes(name, text, part) else z3.Not(test(number))
        for term in self._terms.values():
            yield from self._about(term)

    def _about(self, term: z3.ArithRef) -> Iterator[Bool]:
        size = self._sizes(term)
        yield size >= 0
        yield (size == 0) == (term == self.named[""])
        for (name, part), test in self._tests.items():
            if name == "matches":
                continue
            yield implies(test(term), size >= len(part))
            yield implies(conj(test(term), size == len(part)), term == self.named[part])
            for (other, wider), held in self._tests.items():
                if (name, part) != (other, wider) and _follows(name, part, other, wider):
                    yield implies(test(term), held(term))
                if name == other == "startsWith" and part < wider and not wider.startswith(part):
                    yield disj(neg(test(term)), neg(held(term)))
                if name == other == "endsWith" and part < wider and not (wider.endswith(part) or part.endswith(wider)):
                    yield disj(neg(test(term)), neg(held(term)))

    def spelled(self, model: z3.ModelRef) -> "Spelling":
        """Return the texts of the numbers in a model."""
        return Spelling(self, model)

    def wanted(self, number: z3.ArithRef, model: z3.ModelRef) -> tuple[int | None, dict[tuple[str, str], bool]]:
        """Return the size a text must have by a model (None: any), and the tests with their answers."""
        asked = any(z3.eq(model.eval(term, model_completion=True), number) for term in self._terms.values())
        size = model.eval(self._sizes(number), model_completion=True) if asked else None
        tests = {key: z3.is_true(model.eval(test(number), model_completion=True)) for key, test in self._tests.items()}
        return (None if size is None else size.as_long()), tests


class Spelling:
    """Texts for the numbers that a model has chosen, a different one for each."""

    def __init__(self, texts: Texts, model: z3.ModelRef) -> None:
        self._texts = texts
        self._model = model
        self._known = {model.eval(term, model_completion=True).as_long(): text for text, term in texts.named.items()}

    def text(self, number: int) -> str:
        """Return the text of a number; where none was found that passes the tests, some text."""
        if number not in self._known:
            taken = set(self._known.values())
            size, tests = self._texts.wanted(z3.IntVal(number, self._model.ctx), self._model)
            self._known[number] = _spell(size, tests, taken)
        return self._known[number]


def _spell(size: int | None, tests: Mapping[tuple[str, str], bool], taken: set[str]) -> str:
    """Return a text of a size that passes the tests and no others, and is not taken."""
    start = max((p for (n, p), held in tests.items() if n == "startsWith" and held), key=len, default="")
    end = max((p for (n, p), held in tests.items() if n == "endsWith" and held), key=len, default="")
    inner = [p for (n, p), held in tests.items() if n == "contains" and held and p not in start and p not in end]
    patterns = [_literal(p) for (n, p), held in tests.items() if n == "matches" and held]
    core = start + "".join(inner) + "".join(p for p in patterns if p not in start)
    last = ""
    for filling in FILLINGS:
        for length in range(4) if size is None else [size - len(core) - len(end)]:
            if not 0 <= length <= 100_000:
                continue
            last = core + filling * length + end
            if last not in taken and all(_passes(n, last, p) is held for (n, p), held in tests.items()):
                return last
    return last


def _literal(pattern: str) -> str:
    """Return the text that a simple pattern is made of."""
    return "".join(character for character in pattern.strip("^$") if character.isalnum() or character in "-_@ :/")


def _passes(name: str, text: str, part: str) -> bool:
    try:
        return TESTS[name](text, part)
    except Fault:
        return False


def _follows(name: str, part: str, other: str, wider: str) -> bool:
    """Say whether a text that passes one test passes another."""
    if other == "contains":
        return wider in part
    return name == other and (part.startswith(wider) if name == "startsWith" else part.endswith(wider))
