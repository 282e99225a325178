"""The tools of a Python module: functions, and what agent frameworks make of them."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from interlock_cli.errors import CommandError
from interlock_cli.starting.found import FoundTool

_FORM = "`--tools MODULE:NAME`, where NAME is a list, a dict or a toolset"


def python_tools(where: str) -> list[FoundTool]:
    """Return the tools that `module:name` holds. The module is imported from the current folder, or as installed.

    Raises CommandError if there is none, it cannot be imported, or something in it is no tool.
    """
    module, _, name = where.partition(":")
    if not module or not name:
        raise CommandError(f"`{where}` names no toolset", _FORM)
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: object = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise CommandError(
            f"the module `{module}` cannot be imported: {type(error).__name__}: {error}", _FORM
        ) from error
    for each in name.split("."):
        if not hasattr(found, each):
            raise CommandError(f"the module `{module}` has no `{name}`", _FORM)
        found = getattr(found, each)
    tools = [_tool(named, each) for named, each in _members(found)]
    if not tools:
        raise CommandError(f"`{where}` holds no tool", _FORM)
    return tools


def _members(found: object) -> Iterable[tuple[str, object]]:
    inner = getattr(found, "tools", None)
    if isinstance(found, Mapping):
        return [(str(name), each) for name, each in found.items()]
    if isinstance(inner, Mapping):  # the toolsets of pydantic-ai
        return [(str(name), each) for name, each in inner.items()]
    if isinstance(found, list | tuple | set | frozenset):
        return [("", each) for each in found]
    if isinstance(inner, list | tuple):
        return [("", each) for each in inner]
    return [("", found)]


def _tool(named: str, each: object) -> FoundTool:
    name = named or str(getattr(each, "name", "") or getattr(each, "__name__", ""))
    description = str(getattr(each, "description", None) or inspect.getdoc(each) or "")
    schema = _schema(each)
    if schema is None and callable(each):
        if not named and not hasattr(each, "__name__"):
            raise CommandError(f"a {type(each).__name__} is no tool whose parameters are known", _FORM)
        return FoundTool(name, inspect.getdoc(each) or "", *_signature(name, each))
    if schema is None or not name:
        raise CommandError(f"a {type(each).__name__} is no tool whose parameters are known", _FORM)
    result = getattr(each, "output_schema", None)
    return FoundTool(name, description, schema, result if isinstance(result, Mapping) else None)


def _schema(each: object) -> Mapping[str, object] | None:
    """Return the JSON Schema of the parameters, where a framework's tool has one."""
    for path in (
        ("params_json_schema",),  # OpenAI Agents
        ("function_schema", "json_schema"),  # pydantic-ai
        ("tool_def", "parameters_json_schema"),
        ("parameters_json_schema",),
        ("input_schema",),  # MCP
        ("inputSchema",),
    ):
        found: object = each
        for name in path:
            found = getattr(found, name, None)
        if isinstance(found, Mapping):
            return found
    model = getattr(each, "tool_call_schema", None) or getattr(each, "args_schema", None)  # LangChain
    if isinstance(model, Mapping):
        return model
    made = getattr(model, "model_json_schema", None)
    schema = made() if callable(made) else None
    return schema if isinstance(schema, Mapping) else None


def _signature(name: str, function: Callable[..., object]) -> tuple[Mapping[str, object], Mapping[str, object] | None]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError

    try:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
    except (NameError, TypeError, ValueError) as error:
        raise CommandError(f"the parameters of `{name}` cannot be read: {error}", "annotate them with types") from error
    fields: dict[str, tuple[type[object], object]] = {}
    for each in parameters:
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY):
            raise CommandError(f"`{name}` takes `{each}`, which has no name of its own", "give every parameter a name")
        kind = object if each.annotation is each.empty else each.annotation
        fields[each.name] = (kind, ... if each.default is each.empty else each.default)
    annotated = inspect.signature(function).return_annotation is not inspect.Signature.empty
    try:
        adapted = {key: (TypeAdapter(kind).json_schema(), wanted) for key, (kind, wanted) in fields.items()}
        gives = inspect.signature(function, eval_str=True).return_annotation
        result = TypeAdapter(gives).json_schema() if annotated and gives is not None else None
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError) as error:
        said = str(error).splitlines()[0]
        raise CommandError(
            f"`{name}` has a type without a JSON Schema: {said}", "annotate it with types of data"
        ) from error
    return _object(adapted), result


def _object(fields: Mapping[str, tuple[dict[str, object], object]]) -> Mapping[str, object]:
    """Return one schema of all parameters, with what each of them defines at its root."""
    definitions: dict[str, object] = {}
    for schema, _ in fields.values():
        inner = schema.pop("$defs", {})
        definitions |= inner if isinstance(inner, Mapping) else {}
    required = [name for name, (_, default) in fields.items() if default is ...]
    properties = {name: schema for name, (schema, _) in fields.items()}
    return {"type": "object", "properties": properties, "required": required, "$defs": definitions}
