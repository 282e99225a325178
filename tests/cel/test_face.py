"""The face of the package: what it exports, what it costs to import, and what hosts may rely on."""

import inspect
import subprocess
import sys
from collections.abc import Callable

import pytest

from interlock_dsl import cel
from interlock_dsl.cel import (
    BOOL,
    DYN,
    INT,
    STRING,
    AbstractType,
    CompiledExpression,
    DiagnosticError,
    Environment,
    EvaluationError,
    Fault,
    Function,
    ListType,
    Overload,
    UInt,
)
from interlock_dsl.cel.tree import Call, Literal, Name
from interlock_dsl.diagnostics.source import NOWHERE


class History:
    """An opaque value of a host."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls


HISTORY = AbstractType("history")
COUNT = Function(
    "count",
    (Overload("history_count", (HISTORY, STRING), INT, lambda history, tool: history.calls.count(tool), method=True),),
)


def test_the_public_names_and_signatures() -> None:
    for name in cel.__all__:
        assert getattr(cel, name) is not None

    def parameters(callable_: Callable[..., object]) -> list[str]:
        return list(inspect.signature(callable_).parameters)

    assert parameters(cel.Environment) == ["variables", "functions", "container", "optional_variables"]
    assert parameters(cel.Environment.compile) == ["self", "text", "expected", "checked"]
    assert parameters(cel.CompiledExpression.evaluate) == ["self", "bindings", "limit"]
    assert parameters(cel.parse) == ["text", "source", "macros"]
    methods = {name for name in vars(CompiledExpression) if not name.startswith("_")}
    assert {"type", "evaluate", "interpreter", "function"} <= methods


def test_there_is_no_other_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(cel, "nonsense")  # noqa: B009


def test_importing_loads_nothing_heavy() -> None:
    heavy = {"lark", "re2", "zoneinfo", "pydantic", "networkx", "asyncio"}
    code = (
        "import sys, interlock_dsl.cel as cel; env = cel.Environment({'a': cel.INT});"
        f"print(sorted({heavy!r} & set(sys.modules))); env.compile('a > 1')({{'a': 2}});"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "['lark']"]


def test_opaque_values_reach_functions_of_the_host_and_nothing_else() -> None:
    host = {"h": History(["a", "b", "a"]), "tool": "a"}
    guard = Environment({"h": HISTORY, "tool": STRING}, [COUNT]).compile("h.count(tool) >= 2")
    assert guard.type == BOOL
    assert guard(host) is True
    for forbidden in ("h.calls", "h.__class__", "h['calls']", "size(h)", "h == h || h.calls == []", "string(h)"):
        loose = Environment({"h": DYN}, [COUNT]).compile(forbidden, checked=False)
        if "==" in forbidden:
            assert loose(host) is True
        else:
            with pytest.raises(EvaluationError):
                loose(host)
    with pytest.raises(DiagnosticError):
        Environment({"h": HISTORY}).compile("h.calls")


def test_a_variable_may_have_a_name_that_no_one_can_write() -> None:
    tree = Call("count", (Literal("a", NOWHERE),), NOWHERE, NOWHERE, receiver=Name("$history", NOWHERE))
    guard = Environment({"$history": HISTORY}, [COUNT]).compile(tree)
    assert guard({"$history": History(["a"])}) == 1
    with pytest.raises(DiagnosticError):
        Environment({"$history": HISTORY}, [COUNT]).compile("$history.count('a')")


def test_no_attribute_of_python_is_reachable() -> None:
    for text in (
        "x.__class__",
        "x.real",
        "''.join",
        "x.__class__.__mro__",
        "{}.keys",
        "[].append",
        "b''.hex()",
        "x.bit_length()",
    ):
        with pytest.raises(EvaluationError):
            Environment({"x": DYN}).compile(text, checked=False)({"x": 1})


def test_a_function_of_the_host_that_fails_is_an_error_of_evaluation() -> None:
    def fail(_: object) -> object:
        raise KeyError("secret")

    def refuse(_: object) -> object:
        raise Fault("not-today", "come back tomorrow")

    functions = [
        Function("fail", (Overload("fail_int", (INT,), INT, fail),)),
        Function("refuse", (Overload("refuse_int", (INT,), INT, refuse),)),
    ]
    environment = Environment({}, functions)
    with pytest.raises(EvaluationError, match="`fail` failed") as raised:
        environment.compile("1 + fail(1)")({})
    assert (raised.value.code, raised.value.span.text) == ("function-failed", "fail")
    with pytest.raises(EvaluationError, match="come back tomorrow") as raised:
        environment.compile("1 + refuse(1)")({})
    assert (raised.value.code, raised.value.span.column) == ("not-today", 5)
    assert environment.compile("fail(1) == 1 || true")({}) is True


def test_a_host_adds_overloads_to_a_function_of_the_library() -> None:
    shout = Function("size", (Overload("size_history", (HISTORY,), INT, lambda history: len(history.calls)),))
    environment = Environment({"h": HISTORY, "names": ListType(STRING)}, [shout])
    bindings = {"h": History(["a"]), "names": ["x", "y"]}
    assert environment.compile("size(h) + size(names)")(bindings) == 3


def test_an_unbound_variable_is_an_error_with_its_place() -> None:
    with pytest.raises(EvaluationError, match="`b` has no value") as raised:
        Environment({"a": INT, "b": INT}).compile("a + b > 2")({"a": 1})
    assert (raised.value.code, raised.value.span.column) == ("unbound-variable", 5)


def test_the_expected_type_is_checked() -> None:
    with pytest.raises(DiagnosticError, match="bool"):
        Environment({"a": INT}).compile("a + 1", expected=BOOL)
    assert Environment({"a": INT}).compile("a > 1", expected=BOOL).type == BOOL


def test_results_are_plain_values() -> None:
    for text, value in {"1u": UInt(1), "[1, 2]": [1, 2], "{'a': 1}": {"a": 1}, "'x' + 'y'": "xy", "null": None}.items():
        found = Environment({}).compile(text)({})
        assert found == value and type(found) is type(value)
