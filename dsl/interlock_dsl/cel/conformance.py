"""Runs conformance tests of the language, as texts: `bench/conformance.py` reads files of them.

They are the specification's simple tests as JSON, one text for each file of its own. A test passes when its expression
parses, checks (unless it says not to) and evaluates to exactly the value, the error or the type it asks for. What this
implementation leaves out is counted apart, by name, and never as passed. Both tiers must give the expected answer.
"""

import base64
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from interlock_dsl.cel.check import Scope, check
from interlock_dsl.cel.environment import DEFAULT_LIMIT, Environment
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.library import FUNCTIONS, LEFT_OUT
from interlock_dsl.cel.parser import parse
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    AbstractType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    TypeParameter,
    TypeType,
    WrapperType,
)
from interlock_dsl.cel.values import (
    Duration,
    Fault,
    Optional,
    Timestamp,
    TypeValue,
    UInt,
    find,
    make_map,
    type_name,
)
from interlock_dsl.diagnostics import DiagnosticError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Object: TypeAlias = dict[str, Json]
Evaluation: TypeAlias = Callable[[Mapping[str, object]], object]

_BASIC: Mapping[str, Type] = {
    "dyn": DYN,
    "any": DYN,
    "null_type": NULL,
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}
_WHY_LEFT_OUT: Mapping[str, str] = {
    "proto": "protos",
    "enum": "protos",
    "ext:protos": "protos",
    "ext:block": "block",
}


@dataclass(slots=True)
class Tally:
    """Passed of total, and why each that failed did."""

    passed: int = 0
    total: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def count(self, name: str, failure: str | None) -> None:
        """Count one test; `failure` is None when it passed."""
        self.total += 1
        if failure is None:
            self.passed += 1
        else:
            self.failures[name] = failure

    def __str__(self) -> str:
        share = 100 * self.passed / self.total if self.total else 100.0
        return f"{self.passed}/{self.total} ({share:.1f} %)"


@dataclass(slots=True)
class Report:
    """The tallies by class and by library, and the tests left out by reason."""

    classes: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    libraries: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    left_out: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def failures(self) -> dict[str, str]:
        """Every failed test and why."""
        return {name: why for tally in self.classes.values() for name, why in tally.failures.items()}

    def as_json(self) -> Object:
        """Return the report as `--json` prints it."""
        return {
            "classes": {name: _counts(tally) for name, tally in sorted(self.classes.items())},
            "libraries": {name: _counts(tally) for name, tally in sorted(self.libraries.items())},
            "left_out": {reason: cast("list[Json]", names) for reason, names in sorted(self.left_out.items())},
            "failures": cast("Object", self.failures),
        }


def _counts(tally: Tally) -> Json:
    return {"passed": tally.passed, "total": tally.total}


def run(texts: Iterable[str]) -> Report:
    """Run every test of some texts. Raises ValueError or KeyError for a text that holds none."""
    report = Report()
    for text in texts:
        for test in json.loads(text)["tests"]:
            _count(test, report)
    return report


def _count(test: Object, report: Report) -> None:
    name, kind = cast("str", test["id"]), cast("str", test["class"])
    needs = cast("list[str]", test["needs"])
    why = next((_WHY_LEFT_OUT[need] for need in needs if need in _WHY_LEFT_OUT), None)
    if why is None and kind == "proto":
        why = "protos"
    if why is not None:
        report.left_out[why].append(name)
        return
    try:
        failure = failure_of(test)
    except Exception as error:  # a test must not take the others with it
        failure = f"cannot be run: {error!r}"
    report.classes[kind].count(name, failure)
    for need in needs:
        if need.startswith("ext:"):
            report.libraries[need.removeprefix("ext:")].count(name, failure)


def failure_of(test: Object) -> str | None:
    """Return why a test fails, or None when it passes."""
    expected = cast("Object", test["expected"])
    bindings = {name: read_value(cast("Object", value)) for name, value in cast("Object", test["bindings"]).items()}
    variables, functions = _declared(cast("list[Object]", test["type_env"]))
    variables = {**dict.fromkeys(bindings, DYN), **variables}
    container = cast("str", test["container"])
    try:
        tree = parse(cast("str", test["expr"]), macros=not test["disable_macros"])
    except DiagnosticError as error:
        return f"does not parse: {error}"
    if not test["disable_check"]:
        checked = check(tree, Scope(variables, {**FUNCTIONS, **functions}, container))
        if checked.diagnostics:
            if _refused_by_type(expected):
                return None
            return f"does not check: {checked.diagnostics[0]}"
        wanted_type = cast("Object | None", expected.get("deduced_type"))
        if wanted_type is not None and checked.type != read_type(wanted_type):
            return f"has the type {checked.type}, not {read_type(wanted_type)}"
    if test["check_only"] or (expected["kind"] == "typed_result" and expected.get("value") is None):
        return None
    environment = Environment(variables, functions.values(), container)
    compiled = environment.compile(tree, checked=not test["disable_check"])

    def interpreted(bound: Mapping[str, object]) -> object:
        return compiled.interpreter.evaluate(bound, DEFAULT_LIMIT)

    return _outcome(compiled.evaluate, bindings, expected) or _outcome(interpreted, bindings, expected)


def _refused_by_type(expected: Object) -> bool:
    """Whether the error that is wanted is that of a call which no overload takes: a checker finds it before it runs."""
    messages = cast("list[str]", expected.get("messages") or [])
    return expected["kind"] == "eval_error" and any(text.startswith("found no matching overload") for text in messages)


def _outcome(evaluate: Evaluation, bindings: Mapping[str, object], expected: Object) -> str | None:
    wants_error = expected["kind"] == "eval_error"
    try:
        value = evaluate(bindings)
    except EvaluationError as error:
        return None if wants_error else f"is an error: {error}"
    if wants_error:
        return f"is {value!r}, not an error"
    wanted = read_value(cast("Object", expected["value"]))
    return None if identical(value, wanted) else f"is {value!r}, not {wanted!r}"


def identical(left: object, right: object) -> bool:
    """Whether two values are the same in type and value, all the way down; NaN is NaN."""
    if type_name(left) != type_name(right):
        return False
    match left, right:
        case float(), float():
            return left == right or (math.isnan(left) and math.isnan(right))
        case ((list() | tuple()), (list() | tuple())):
            return len(left) == len(right) and all(map(identical, left, right))
        case Mapping(), Mapping():
            kinds = sorted(map(type_name, left)) == sorted(map(type_name, right))
            return len(left) == len(right) and kinds and all(identical(v, find(right, k)) for k, v in left.items())
        case Optional(), Optional():
            both = left.present and right.present
            return left.present == right.present and (not both or identical(left.value, right.value))
    return left == right


def read_value(value: Object) -> object:
    """Return the value that a VALUE of the format says."""
    content = value.get("value")
    match value["type"]:
        case "null":
            return None
        case "bool":
            return content
        case "int":
            return int(cast("str", content))
        case "uint":
            return UInt(cast("str", content))
        case "double":
            return float(cast("str", content))
        case "string":
            return content
        case "bytes":
            return base64.b64decode(cast("str", content))
        case "list":
            return [read_value(item) for item in cast("list[Object]", content)]
        case "map":
            pairs = cast("list[tuple[Object, Object]]", content)
            return make_map((read_value(key), read_value(item)) for key, item in pairs)
        case "timestamp":
            return Timestamp.of(int(cast("str", value["seconds"])), cast("int", value["nanos"]))
        case "duration":
            return Duration.of(int(cast("str", value["seconds"])), cast("int", value["nanos"]))
        case "type":
            return TypeValue(cast("str", content))
    raise ValueError(f"values of type {value['type']} are left out: {LEFT_OUT['protos']}")


def read_type(written: Object) -> Type:
    """Return the type that a TYPE of the format says."""

    def part(name: str) -> Type:
        return read_type(cast("Object", written[name]))

    name = cast("str", written["type"])
    match name:
        case "list":
            return ListType(part("elem"))
        case "map":
            return MapType(part("key"), part("value"))
        case "wrapper":
            return WrapperType(part("of"))
        case "type":
            return TypeType(part("of") if written.get("of") else None)
        case "type_param":
            return TypeParameter(cast("str", written["name"]))
        case "message":
            return RecordType(cast("str", written["name"]), {})
        case "abstract":
            parameters = tuple(read_type(each) for each in cast("list[Object]", written["params"]))
            if written["name"] == "optional_type":
                return OptionalType(*parameters)
            return AbstractType(cast("str", written["name"]), parameters)
    return _BASIC[name]


def _declared(declarations: Sequence[Object]) -> tuple[dict[str, Type], dict[str, Function]]:
    variables: dict[str, Type] = {}
    functions: dict[str, Function] = {}
    for declaration in declarations:
        name = cast("str", declaration["name"])
        if "ident" in declaration:
            variables[name] = read_type(cast("Object", declaration["ident"]))
        else:
            overloads = tuple(_overload(name, each) for each in cast("list[Object]", declaration["function"]))
            functions[name] = Function(name, overloads)
    return variables, functions


def _overload(name: str, written: Object) -> Overload:
    def implementation(*_: object) -> object:
        raise Fault("function-failed", f"`{name}` is only declared")

    parameters = tuple(read_type(each) for each in cast("list[Object]", written["params"]))
    result = read_type(cast("Object", written["result"]))
    id, method = cast("str", written["overload_id"]), bool(written["is_instance"])
    return Overload(id, parameters, result, implementation, method=method)


def show(report: Report, *, failures: bool) -> str:
    """Return the report as people read it."""
    lines = [f"{name:<16} {tally}" for name, tally in sorted(report.classes.items())]
    lines += [f"  {name:<14} {tally}" for name, tally in sorted(report.libraries.items())]
    lines += [f"left out: {reason} ({len(names)}): {LEFT_OUT[reason]}" for reason, names in report.left_out.items()]
    if failures:
        lines += [f"failed: {name}: {why}" for name, why in sorted(report.failures.items())]
    return "\n".join(lines)
