"""Two regions of values: what is in the one and not in the other is so for the values shown, and else for none."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from generated.dice import Dice
from generated.expressions import Expressions, reads_of
from interlock_dsl.analysis.diff.difference import Region, Terrain, grown
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.confirm import met
from interlock_dsl.analysis.values.problem import Case, Claim, Possible, Problem
from prove.asked import checked, values, variables_of

SAMPLES = 60


@settings(max_examples=80)
@given(st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_what_a_region_gained(random: Random, seed: int) -> None:
    dice = Dice(random)
    variables = variables_of(dice)
    reads = [read for name in ("r", "s", "v") for read in reads_of(name, variables[name])]
    write = Expressions(dice, reads, calls=("a.b",), held=False)
    claims = [Claim(checked(write.boolean(1), variables)) for _ in range(4)]
    new = Region(tuple(Case((claim,)) for claim in claims[: dice.number(1, 3)]))
    old = Region(tuple(Case((claim,)) for claim in claims[dice.number(0, 2) :]))
    found = grown(Reasoner(), new, old, Terrain(variables))
    problem = Problem((), variables)
    samples = Random(seed)
    given_values = [values(problem, samples) for _ in range(SAMPLES)]
    if isinstance(found, Possible):
        given_values = [{**given_values[0], **found.bindings}]
    for each in given_values if found is None or isinstance(found, Possible) else ():
        gained = any(met(case, problem, each) for case in new.cases) and not any(
            met(case, problem, each) for case in old.cases
        )
        assert gained is isinstance(found, Possible)
