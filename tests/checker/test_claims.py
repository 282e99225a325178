"""What the checker claims of generated programs is so. `fuzz/claims.py` is the long run."""

import pytest

from checker.claims import examine


@pytest.mark.parametrize("seed", [2, 34, 49, 100, 143, 145])
def test_what_is_claimed_is_so(seed: int) -> None:
    found = examine(seed, runs=12, samples=40)
    assert found.held["witnesses replayed"] or found.held["questions ruled out"]
    assert found.wrong == [], "\n".join(found.wrong)
