"""What a person gives on the command line as a value: JSON, a file, standard input, or `field=value` pairs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from interlock_cli.documents import json_document, json_or_text, yaml_document
from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.text_files import MOST_DATA, read_stdin, read_text
from interlock_dsl.cel.types import RecordType, StringType, Type

IN_QUOTES = 'names and texts stand in `"`'
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


def context_given(source: str) -> dict[str, object]:
    """Return what is said of the circumstances, from JSON or a file. Whether it fits is for the engine to say."""
    if not source.startswith(("{", "@")) and source != "-":
        raise CommandError(f"`{source}` is no context", "write a JSON object, `@file.json`, or `-` for standard input")
    return _document(source, "--context")


def arguments_given(source: str) -> dict[str, object]:
    """Return the arguments of a call, from JSON or a file. Whether they fit is decided with the call."""
    if not source.startswith(("{", "@")) and source != "-":
        raise CommandError(f"`{source}` is no object of arguments", 'write `{"name": value}`, `@file.json`, or `-`')
    return _document(source, "ARGS")


def data_given(source: str) -> object:
    """Return the data of an event, from JSON or a file. Whether it fits is for the engine to say."""
    if source.startswith(("{", "@")) or source == "-":
        return _read(source, "DATA")
    return json_document(source, "`DATA`", "write JSON, `@file.json`, or `-` for standard input")


def _document(source: str, option: str = "--input") -> dict[str, object]:
    value = _read(source, option)
    if not isinstance(value, dict):
        shown = f"`{option}`" if source.startswith("{") else f"the {option.removeprefix('--')} in `{source}`"
        raise CommandError(f"{shown} is not a JSON object", 'write `{"name": value}`')
    return value


def _read(source: str, option: str = "--input") -> object:
    if source.startswith("{"):
        return json_document(source, f"`{option}`", "quote it for the shell: `'{...}'`")
    if source in ("-", "@-"):
        return json_document(read_stdin(), "standard input", IN_QUOTES)
    if source == "@":
        raise CommandError("`@` names no file", FORMS)
    name = f"`{source[1:]}`"
    text = read_text(Path(source[1:]), MOST_DATA, name, pipes=True)
    if source.endswith((".yaml", ".yml")):
        return yaml_document(text, name)
    return json_document(text, name, IN_QUOTES)


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
    return json_or_text(text)


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
