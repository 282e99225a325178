"""The fuzz target: every seed and every beginning of one goes through; with atheris, the fuzzer itself runs a while."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

TARGET = Path(__file__).parents[2] / "fuzz" / "cel.py"
SEEDS = sorted((TARGET.parent / "seeds" / "cel").iterdir())

spec = importlib.util.spec_from_file_location("fuzz_cel", TARGET)
assert spec is not None and spec.loader is not None
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)


def test_every_seed_goes_through() -> None:
    assert len(SEEDS) > 100
    for seed in SEEDS:
        fuzz.try_bytes(seed.read_bytes())


def test_every_beginning_of_a_seed_goes_through() -> None:
    for seed in SEEDS:
        text = seed.read_text("utf-8")
        for end in range(0, len(text), 3):
            fuzz.try_text(text[:end])


@given(st.lists(st.sampled_from([seed.read_text("utf-8") for seed in SEEDS]), min_size=1, max_size=3), st.data())
def test_seeds_cut_and_joined_go_through(texts: list[str], data: st.DataObject) -> None:
    parts = [text[data.draw(st.integers(0, len(text))) :] for text in texts]
    joint = data.draw(st.sampled_from([" && ", " + ", "(", ")", ".", "[", "]", " ? ", " : ", "{", "}", ", ", ""]))
    fuzz.try_text(joint.join(parts))


@given(st.text(max_size=30))
def test_any_text_goes_through(text: str) -> None:
    fuzz.try_text(text)


def test_the_fuzzer_finds_nothing_in_a_short_run(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed")
    command = [
        sys.executable,
        str(TARGET),
        "-runs=1500",
        "-max_len=200",
        "-seed=1",
        str(tmp_path),
        str(SEEDS[0].parent),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
