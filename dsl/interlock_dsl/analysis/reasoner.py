"""Answers questions about values in steps, each on what the one before left open.

First by intervals, finite sets and presence, which is cheap and always there; then by z3, where it is installed and
wanted, for what relates several values.
"""

from collections import Counter
from collections.abc import Callable

from interlock_dsl.analysis.values.problem import Answer, Problem, Unknown


class Reasoner:
    """Answers problems and counts its answers. `proofs`: whether z3 may be asked.

    `after`, as that of the compiler, is called with `lint` before each question to z3 and with `prove` after it.
    """

    def __init__(self, *, proofs: bool = True, after: Callable[[str], None] | None = None) -> None:
        self.proofs = proofs
        self.after = after
        self.answered: Counter[str] = Counter()
        """How many questions had which answer: `Impossible`, `Possible`, `Unknown`."""

    def ask(self, problem: Problem) -> Answer:
        """Return whether the statements of a problem can hold together."""
        answer = self._answer(problem)
        self.answered[type(answer).__name__] += 1
        return answer

    def _answer(self, problem: Problem) -> Answer:
        return Unknown("not looked into")
