"""`interlock fix`: writes what it puts right, shows what is left, and changes nothing with `--diff`."""

from codecs import BOM_UTF8
from pathlib import Path

from cli.terminal import interlock

UNUSED = '\nrole supervisor {\n  reach "desk"\n}\n'


def test_fix_writes_what_it_puts_right_and_shows_what_is_left(desk: Path) -> None:
    file = desk / "desk.ilk"
    good = file.read_text()
    file.write_text(good.replace("read.amount > 2_000", "read.amuont > 2_000") + UNUSED)
    ran = interlock("fix")
    assert (ran.code, file.read_text()) == (0, good)
    assert ran.err == "✓ desk.ilk  2 findings put right\n✓ nothing wrong in 1 file\n"
    file.write_text(good.replace("read.amount > 2_000", "read.amuont > 2_000").replace("by clerk", "by someone_else"))
    left = interlock("fix")
    assert left.code == 1 and "there is no agent `someone_else`" in left.err and "put right" in left.err
    assert interlock("fix").err.count("put right") == 0


def test_fix_shows_the_difference_and_changes_nothing(desk: Path) -> None:
    file = desk / "desk.ilk"
    good = file.read_text()
    assert (interlock("fix", "--diff").code, interlock("fix", "--diff").out) == (0, "")
    file.write_text(good + UNUSED)
    ran = interlock("fix", "--diff", ".")
    assert (ran.code, ran.err, file.read_text()) == (1, "", good + UNUSED)
    assert "--- desk.ilk\n+++ desk.ilk (fixed)\n" in ran.out and "-role supervisor {\n" in ran.out


def test_fix_of_standard_input(desk: Path) -> None:
    good = (desk / "desk.ilk").read_text()
    ran = interlock("fix", "-", typed=good + UNUSED)
    assert (ran.code, ran.out) == (0, good)
    assert interlock("fix", "-", typed=good).out == good


def test_fix_leaves_bundles_alone(desk: Path) -> None:
    assert interlock("compile", "desk.ilk", "-o", "desk.ilkb").code == 0
    before = (desk / "desk.ilkb").read_bytes()
    assert (interlock("fix", "desk.ilkb").code, (desk / "desk.ilkb").read_bytes()) == (0, before)


def test_fix_keeps_the_byte_order_mark_of_a_file_that_has_one(desk: Path) -> None:
    file = desk / "desk.ilk"
    good = file.read_bytes()
    file.write_bytes(BOM_UTF8 + good + UNUSED.encode())
    assert (interlock("fix").code, file.read_bytes()) == (0, BOM_UTF8 + good)


def test_fmt_keeps_it_too(desk: Path) -> None:
    file = desk / "desk.ilk"
    good = file.read_bytes()
    file.write_bytes(BOM_UTF8 + good.replace(b"  needs", b" needs"))
    assert interlock("fmt", "--check").code == 1
    assert (interlock("fmt").code, file.read_bytes()) == (0, BOM_UTF8 + good)
    assert interlock("fmt", "--check").code == 0


def test_fix_spells_the_code_of_an_allowed_finding(desk: Path) -> None:
    file = desk / "desk.ilk"
    allowed = file.read_text() + '\n// interlock: allow unused-definition because "later"' + UNUSED
    file.write_text(allowed.replace("allow unused-definition", "allow unused-definiton"))
    assert interlock("check").code == 1
    assert interlock("fix").code == 0
    assert file.read_text() == allowed


def test_fix_formats_a_file_where_it_is_to_be_strict(desk: Path) -> None:
    file = desk / "desk.ilk"
    good = file.read_text()
    file.write_text(good.replace("  needs", " needs", 1))
    assert interlock("check").code == 0
    said = interlock("check", "--strict")
    assert said.code == 1 and "warning[unformatted]" in said.err
    assert (interlock("fix").code, file.read_text() == good) == (0, False)
    interlock("fix", "--strict")
    assert file.read_text() == good
    assert "unformatted" not in interlock("check", "--strict").err
