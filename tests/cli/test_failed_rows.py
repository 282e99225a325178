"""What a step that collects failures gives says which of its rows have failed."""

from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.present.phrases import failed_rows

PROGRAM = """tool hosts.look(x: string) -> { ok: bool } {
  needs hosts.read  effect read
}
role r { reach "x" }
workflow w(xs: list<string> max 5) {
  step b calls hosts.look(x: x) for each x in xs max 5 collect failures
  step q asks r { question "ok?" returns { ok: bool } within 5m }
  end done { rows: b }
  end bad
  start -> b grant hosts.read
  b -> q pass b, xs
  q -> bad on expiry
  q -> done when q.ok
  q -> bad when !q.ok
}
test "x" of w {
  given xs ["p", "q", "r"]
  tool hosts.look at b[0] returns { ok: true }
  tool hosts.look at b[1] fails "broken"
  tool hosts.look at b[2] returns { ok: true }
  person q answers { ok: true }
  expect ends done
}
"""


def test_the_rows_that_failed_are_told_by_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.ilk").write_text(PROGRAM)
    assert interlock("test", "a.ilk").code == 0
    otherwise = PROGRAM.replace("expect ends done", "expect ends bad")
    Path("a.ilk").write_text(otherwise)
    assert "1 of 3 rows failed: 1\n" in interlock("test", "a.ilk").out
    Path("a.ilk").write_text(
        PROGRAM.replace("expect ends done", "expect ends bad").replace('fails "broken"', "returns { ok: true }")
    )
    assert "rows failed" not in interlock("test", "a.ilk").out


def test_of_many_rows_the_first_are_named() -> None:
    rows = [{"ok": index % 2 == 0} for index in range(20)]
    assert failed_rows(rows) == "10 of 20 rows failed: 1, 3, 5, 7, 9, ..."
    assert failed_rows(rows[:3]) == "1 of 3 rows failed: 1"
    assert failed_rows([{"ok": True}]) == failed_rows([]) == failed_rows(None) == ""
