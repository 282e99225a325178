"""What a person gives on the command line as a value: JSON, a file, standard input, or `field=value` pairs."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from interlock_cli.errors import CommandError, did_you_mean
from interlock_dsl.cel.types import RecordType, StringType, Type

FORMS = "write `field=value`, a JSON object, `@file.json`, or `-` for standard input"


def run_input(given: Sequence[str], parameters: RecordType) -> dict[str, object]:
    """Return the input of a run from all `--input`s, later ones over earlier ones.

    Where a workflow has one record as its only parameter, its fields may be given without naming the parameter. Whether
    the values fit is for the engine to say. Raises CommandError if something cannot be read.
    """
    found: dict[str, object] = {}
    for each in given:
        if each.startswith(("{", "@")) or each == "-":
            _merge(found, _under(_document(each), parameters))
        elif "=" in each:
            name, _, text = each.partition("=")
            path = name.strip().split(".")
            path = path if path[0] in parameters.fields else [*_only(parameters), *path]
            _merge(found, _nested(path, _typed(_type_at(path, parameters), text)))
        else:
            raise CommandError(f"`{each}` is no input", FORMS)
    return found


def json_value(text: str, what: str) -> object:
    """Return the value that `text` is the JSON of (`@file` and `-` as well); text that is not JSON is text itself."""
    if text == "-" or text.startswith("@"):
        return _parsed(_read(text), text)
    try:
        value: object = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith(("{", "[", '"')):
            raise CommandError(
                f"{what} is not valid JSON: {_where(error)}", "quote it for the shell: `'{...}'`"
            ) from error
        return text
    return value


def _document(source: str) -> dict[str, object]:
    value = _parsed(source if source.startswith("{") else _read(source), source)
    if not isinstance(value, dict):
        raise CommandError(f"the input in `{source}` is not a JSON object", 'write `{"parameter": value}`')
    return value


def _read(source: str) -> str:
    if source == "-" or source == "@-":
        return sys.stdin.read()
    path = Path(source[1:])
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"`{path}` is not UTF-8 text") from error


def _parsed(text: str, source: str) -> object:
    try:
        if source.endswith((".yaml", ".yml")):
            import yaml

            loaded: object = yaml.safe_load(text)
        else:
            loaded = json.loads(text)
    except ValueError as error:
        if source.startswith("@") or source == "-":
            shown = source.removeprefix("@") if source not in ("-", "@-") else "standard input"
            raise CommandError(
                f"`{shown}` is not valid JSON: {_where(error)}", 'names and texts stand in `"`'
            ) from error
        raise CommandError(
            f"`--input` is not valid JSON: {_where(error)}", "quote it for the shell: `'{...}'`"
        ) from error
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            raise CommandError(f"`{source.removeprefix('@')}` is not valid YAML: {yaml_problem(error)}") from error
        raise
    return loaded


def yaml_problem(error: Exception) -> str:
    """Return what is wrong with a YAML text, and at which line and column where the parser says."""
    mark = getattr(error, "problem_mark", None)
    said = " ".join(str(getattr(error, "problem", None) or str(error).splitlines()[0]).split())
    return said if mark is None else f"{said} at line {mark.line + 1}, column {mark.column + 1}"


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
    return str(error)


def _only(parameters: RecordType) -> list[str]:
    """Return the name of the only parameter where that is a record, else nothing."""
    if len(parameters.fields) == 1:
        name, field = next(iter(parameters.fields.items()))
        if isinstance(field.type, RecordType):
            return [name]
    return []


def _under(given: dict[str, object], parameters: RecordType) -> dict[str, object]:
    only = _only(parameters)
    return given if not only or only[0] in given else {only[0]: given}


def _type_at(path: Sequence[str], parameters: RecordType) -> Type:
    at: Type = parameters
    for index, name in enumerate(path):
        if not isinstance(at, RecordType):
            raise CommandError(f"`{'.'.join(path[:index])}` has no fields", f"it is `{at}`")
        if name not in at.fields:
            known = list(at.fields)
            raise CommandError(f"the input has no `{'.'.join(path[: index + 1])}`", did_you_mean(name, known))
        at = at.fields[name].type
    return at


def _typed(type: Type, text: str) -> object:
    """Return what the text means for a type: text stays text, everything else is read as JSON where it can be."""
    if isinstance(type, StringType):
        return text
    try:
        value: object = json.loads(text.replace("_", "") if text.replace("_", "").lstrip("-").isdigit() else text)
    except ValueError:
        return text
    return value


def _nested(path: Sequence[str], value: object) -> dict[str, object]:
    for name in reversed(path):
        value = {name: value}
    return value if isinstance(value, dict) else {}


def _merge(into: dict[str, object], more: Mapping[str, object]) -> None:
    for name, value in more.items():
        held = into.get(name)
        if isinstance(held, dict) and isinstance(value, Mapping):
            _merge(held, value)
        else:
            into[name] = value
