"""`interlock new --tools` and `--mcp`: a first policy from the tools of an agent that is there already."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.terminal import Ran, interlock
from interlock_cli.starting import mcp_server
from interlock_cli.starting.found import FoundTool
from interlock_cli.starting.policy import policy_text
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.schema import decode
from repository.page import follow

MODULE = '''
from typing import Literal, Annotated
from pydantic import BaseModel, Field

class Address(BaseModel):
    street: str
    city: str | None = None

def send(to: list[str], subject: Annotated[str, Field(max_length=80)], at: Address, urgent: bool = False) -> str:
    """Sends a mail "now"."""
    raise AssertionError("never called")

def find(kind: Literal["a", "b"], most: Annotated[int, Field(ge=1, le=50)] = 10, more: dict | None = None):
    """Finds."""

def starred(*args: int) -> None: ...

named = {"mail.send-it": send, "find": find}
listed = [send, find]
wrong = [3]
empty = []
many = [starred]
'''
SERVER = """
from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("demo")

@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    "Adds \\u202e numbers."
    return a + b

@server.tool(name="files/delete-all")
def wipe(path: str) -> str:
    return path

server.run()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toolkit.py").write_text(MODULE)
    (tmp_path / "server.py").write_text(SERVER)
    return tmp_path


def made(folder: Path, *options: str) -> str:
    ran = interlock("new", "helper", *options)
    assert ran.code == 0, ran
    file = folder / "helper" / "helper.ilk"
    for verb in (("check", "--strict"), ("fmt", "--check"), ("test",)):
        assert interlock(*verb, file).code == 0, verb
    return file.read_text()


def refused(*options: str) -> Ran:
    ran = interlock("new", "helper", *options)
    assert (ran.code, Path("helper").exists()) == (2, False)
    return ran


def test_functions_are_declared_and_nothing_is_permitted(folder: Path) -> None:
    text = made(folder, "--tools", "toolkit:named")
    for said in (
        "// mail.send_it stands for 'mail.send-it'",
        "subject: string max 80",
        "at: { street: string, city?: string }",
        'description "Sends a mail \\"now\\"."',
        'kind: enum("a", "b")',
        "most?: int in 1..50",
        "// more is any object there",
        "effect write",
    ):
        assert said in text
    assert "\n  permit" not in text and "effect read\n" not in text
    denied = interlock("decide", "helper/helper.ilk", "find", '{"kind": "a"}', "--agent", "helper")
    assert (denied.code, "no rule permits it" in denied.out) == (1, True)


def test_a_list_of_functions_and_an_effect(folder: Path) -> None:
    text = made(folder, "--tools", "toolkit:listed", "--effect", "read")
    assert "tool send(" in text and "effect read" in text and "effect write" not in text


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("toolkit", "names no toolset"),
        ("gone:tools", "cannot be imported"),
        ("toolkit:gone", "has no `gone`"),
        ("toolkit:wrong", "a int is no tool"),
        ("toolkit:empty", "holds no tool"),
        ("toolkit:many", "has no name of its own"),
    ],
)
def test_what_is_no_toolset_is_said(folder: Path, where: str, said: str) -> None:
    assert said in refused("--tools", where).err


def test_toolsets_of_frameworks_are_read(folder: Path) -> None:
    text = MODULE + "\nfrom pydantic_ai import FunctionToolset\nkit = FunctionToolset([send, find])\n"
    (folder / "frameworks.py").write_text(text)
    declared = made(folder, "--tools", "frameworks:kit")
    assert "tool send(" in declared and "subject: string max 80" in declared


def test_a_server_is_asked_and_its_hints_are_not_trusted(folder: Path) -> None:
    pytest.importorskip("mcp")
    text = made(folder, "--mcp", f"{sys.executable} server.py")
    assert "// its server says readOnlyHint = true: a claim, not a fact\ntool add(a: int, b: int)" in text
    assert "tool files.delete_all(path: string)" in text
    assert 'description "Adds \\u202e numbers."' in text
    assert "effect read\n" not in text


def test_a_server_that_fails_or_hangs_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mcp")
    failed = refused("--mcp", f"{sys.executable} -c 'raise SystemExit(\"no key\")'")
    assert "did not list its tools" in failed.err and "no key" in failed.err
    assert "there is no command `no-such-server`" in refused("--mcp", "no-such-server --x").err
    assert "is no command" in refused("--mcp", "x 'y").err
    assert "both say" in refused("--mcp", "x", "--tools", "y:z").err
    monkeypatch.setattr(mcp_server, "PATIENCE", 1.0)
    assert "within 1 s" in refused("--mcp", f"{sys.executable} -c 'import time; time.sleep(60)'").err


def test_without_the_sdk_it_is_said_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "interlock.adapters.mcp_tools", None)
    assert "pip install 'interlock[mcp]'" in refused("--mcp", "python").err


TEXT = st.text(max_size=6)
NAMES = st.text(min_size=1, max_size=6)
EXACT = st.recursive(
    st.one_of(
        st.just(({"type": "boolean"}, st.booleans())),
        st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
            lambda ends: (
                {"type": "integer", "minimum": ends[0], "maximum": ends[0] + ends[1]},
                st.integers(ends[0], ends[0] + ends[1]),
            )
        ),
        st.integers(-9, 9).map(
            lambda low: ({"type": "integer", "exclusiveMinimum": low}, st.integers(low + 1, 2**63 - 1))
        ),
        st.just(({"type": "number", "minimum": 0.5}, st.floats(0.5, allow_infinity=False))),
        st.integers(1, 9).map(lambda most: ({"type": "string", "maxLength": most}, st.text('ab\\"é', max_size=most))),
        st.lists(TEXT, min_size=1, max_size=3, unique=True).map(
            lambda texts: ({"enum": texts}, st.sampled_from(texts))
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.integers(1, 3)).map(
            lambda given: (
                {"type": "array", "items": given[0][0], "maxItems": given[1]},
                st.lists(given[0][1], max_size=given[1]),
            )
        ),
        inner.map(
            lambda given: (
                {"type": "object", "additionalProperties": given[0]},
                st.dictionaries(st.text("ab", max_size=2), given[1], max_size=2),
            )
        ),
        st.dictionaries(st.sampled_from(["x", "y_1", "type", "when"]), inner, min_size=1, max_size=3).map(
            lambda fields: (
                {
                    "type": "object",
                    "properties": {name: schema for name, (schema, _) in fields.items()},
                    "required": list(fields)[:1],
                },
                st.fixed_dictionaries(
                    {name: values for name, (_, values) in list(fields.items())[:1]},
                    optional={name: values for name, (_, values) in list(fields.items())[1:]},
                ),
            )
        ),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.data(), EXACT)
def test_what_fits_a_schema_fits_its_declaration(
    data: st.DataObject, given: tuple[object, st.SearchStrategy[object]]
) -> None:
    schema, values = given
    parameters = {"type": "object", "properties": {"it": schema}, "required": ["it"]}
    text = policy_text("helper", [FoundTool("t", "", parameters)], "a test")
    program = compile_text(text, "helper.ilk")
    decode(program.tools["t"].parameters, {"it": data.draw(values)})


KEYS = st.sampled_from(
    """type properties items enum const anyOf oneOf $ref minimum maximum exclusiveMinimum exclusiveMaximum maxLength
    maxItems required additionalProperties description format pattern default $defs""".split()  # noqa: SIM905
)
KINDS = st.sampled_from(["string", "integer", "number", "object", "array", "boolean", "null", "odd"])
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, KINDS, st.just("#/properties/x")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(KEYS, NAMES), inner, max_size=5)),
    max_leaves=12,
)
WILD = st.dictionaries(NAMES, st.dictionaries(KEYS, ANY, max_size=5), max_size=4)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(TEXT, TEXT, WILD), min_size=1, max_size=3))
def test_whatever_a_server_describes_the_declarations_compile(tools: list[tuple[str, str, dict[str, object]]]) -> None:
    found = [
        FoundTool(name, said, {"type": "object", "properties": fields}, fields, (said,)) for name, said, fields in tools
    ]
    program = compile_text(policy_text("helper", found, "a test"), "helper.ilk")
    assert len(program.tools) == len(tools)


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(Path(__file__).parents[2] / "docs" / "first_policy.md", tmp_path) >= 6


def test_what_there_is_to_start_from_is_listed() -> None:
    listed = interlock("new", "--list").out
    assert "interlock new FOLDER --mcp COMMAND" in listed and 'use "interlock/four_eyes"' in listed
