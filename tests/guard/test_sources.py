"""What a guard says of files that it cannot load."""

from pathlib import Path

import pytest

from guard.conftest import POLICY
from interlock import Guard, InvalidInput
from interlock_dsl.diagnostics import DiagnosticError


def test_what_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "policy.ilk").write_text(POLICY)
    for missing in ("nope.ilk", "nope.ilkb", "nowhere"):
        with pytest.raises(InvalidInput, match=f"{missing}: there is no such"):
            Guard.load(tmp_path / missing)
        with pytest.raises(InvalidInput, match=f"{missing}: there is no such"):
            Guard.load([tmp_path / "policy.ilk", tmp_path / missing] if missing != "nope.ilkb" else missing)
    (tmp_path / "latin.ilk").write_bytes(b"// caf\xe9\n")
    with pytest.raises(InvalidInput, match=r"latin\.ilk: byte 6 is not UTF-8"):
        Guard.load(tmp_path / "latin.ilk")
    (tmp_path / "uses.ilk").write_text('use "latin.ilk"\n')
    with pytest.raises(DiagnosticError, match="utf-8"):
        Guard.load(tmp_path / "uses.ilk")
    (tmp_path / "folder.ilkb").mkdir()
    with pytest.raises(InvalidInput, match=r"folder\.ilkb: cannot be read"):
        Guard.load(tmp_path / "folder.ilkb")
