"""JSON, YAML and TOML texts as values: bounded in depth and in numbers, and always with a clear error.

The size of a text is limited where it is read. Here its nesting is, and its numbers, before anything walks it: what
comes out is a JSON value as `interlock_dsl.schema.json_value` has it. YAML's aliases are not read, so that a short text
cannot stand for an endless one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final

from interlock_cli.errors import CommandError

if TYPE_CHECKING:
    import yaml

MOST_YAML_NODES: Final = 100_000
"""How many scalars, lists and mappings a YAML text may hold."""

DEEPEST_KEY: Final = 64
"""Parts that a dotted key of TOML may have: the parser takes a time that is quadratic in them."""

_KEY: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP_KEY: Final = re.compile(rf"{_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{{DEEPEST_KEY}}}")


def json_document(text: str, name: str, help: str = "") -> object:
    """Return the value of a JSON text. `name` is what the text is called in an error. Raises CommandError."""
    return _bounded(lambda: json.loads(text, object_pairs_hook=_object), name, "JSON", help)


def json_or_text(text: str) -> object:
    """Return what a person typed: the value of JSON (digits may be grouped by `_`), or the text itself."""
    from interlock_dsl.schema.json_value import json_value

    digits = text.replace("_", "")
    try:
        return json_value(json.loads(digits if digits.lstrip("-").isdigit() else text))
    except (ValueError, RecursionError):
        return text


def toml_document(text: str, name: str) -> object:
    """Return the table of a TOML text, with dates and times as they are. Raises CommandError."""
    import tomllib

    deep = _DEEP_KEY.search(text)
    if deep is not None:
        line = text.count("\n", 0, deep.start()) + 1
        raise CommandError(f"{name} has a key of more than {DEEPEST_KEY} parts at line {line}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{name} is not valid TOML: {_lowered(str(error))}") from error
    except RecursionError as error:
        raise CommandError(f"{name} is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise CommandError(f"{name} is not valid TOML: {_lowered(str(error))}") from error


def yaml_document(text: str, name: str) -> object:
    """Return the value of a YAML (or JSON) text; names are texts as written, `yes` and `1` too. Raises CommandError."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads names as JSON has them: YAML 1.1 takes a field called `yes` or `on` for a bool."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
            self.flatten_mapping(node)
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    key.tag = self.DEFAULT_SCALAR_TAG
            return super().construct_mapping(node, deep)

    try:
        _check_yaml(text, name)
        return _bounded(lambda: yaml.load(text, Loader=Loader), name, "YAML", "")
    except yaml.YAMLError as error:
        raise CommandError(f"{name} is not valid YAML: {yaml_problem(error)}") from error


def yaml_problem(error: Exception) -> str:
    """Return what is wrong with a YAML text, and at which line and column where the parser says."""
    mark = getattr(error, "problem_mark", None)
    said = " ".join(str(getattr(error, "problem", None) or str(error).splitlines()[0]).split())
    return said if mark is None else f"{said} at line {mark.line + 1}, column {mark.column + 1}"


def _check_yaml(text: str, name: str) -> None:
    """Raise CommandError for what would make a small text large or deep, from the parser's events alone."""
    import yaml

    from interlock_dsl.schema.json_value import DEEPEST

    nodes = depth = 0
    keys = _Keys(name)
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            mark = event.start_mark
            place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
            raise CommandError(f"{name} uses the alias `*{event.anchor}`{place}", "write the value out")
        keys.see(event)
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if nodes > MOST_YAML_NODES:
            raise CommandError(f"{name} holds more than {MOST_YAML_NODES:,} values", "give a smaller one, or JSON")
        if depth > DEEPEST:
            raise CommandError(f"{name} is nested more than {DEEPEST} levels deep")


class _Keys:
    """Finds a key that comes twice in one mapping of YAML, of which all but the last would be ignored."""

    def __init__(self, name: str) -> None:
        self._name = name
        # For each open collection its keys (None: a list), and whether the next node is a key.
        self._open: list[tuple[set[tuple[str | None, str]] | None, bool]] = []

    def see(self, event: "yaml.Event") -> None:
        """Take in the next event of a parser. Raises CommandError."""
        import yaml

        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
            if isinstance(event, yaml.CollectionStartEvent):
                self._open.append((set() if isinstance(event, yaml.MappingStartEvent) else None, True))

    def _node(self, event: "yaml.NodeEvent") -> None:
        import yaml

        keys, is_key = self._open[-1] if self._open else (None, False)
        if keys is None:
            return
        self._open[-1] = keys, not is_key
        if not is_key or not isinstance(event, yaml.ScalarEvent):
            return
        key = event.tag, event.value
        if key in keys:
            mark = event.start_mark
            place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
            raise CommandError(f"{self._name} gives `{event.value[:60]}` twice{place}")
        keys.add(key)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON. Raises ValueError for a name that comes twice: one of the values would be ignored."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        again = next(name for name, times in Counter(names).items() if times > 1)
        raise ValueError(f"`{again[:60]}` is given twice")
    return found


def _bounded(load: Callable[[], object], name: str, form: str, help: str) -> object:
    from interlock_dsl.schema.json_value import json_value

    try:
        loaded = load()
    except json.JSONDecodeError as error:
        where = f"{_lowered(error.msg)} at line {error.lineno}, column {error.colno}"
        raise CommandError(f"{name} is not valid {form}: {where}", help) from error
    except RecursionError as error:
        raise CommandError(f"{name} is nested too deeply") from error
    except (ValueError, OverflowError, TypeError) as error:  # a number of thousands of digits, a date that is none
        raise CommandError(f"{name} is not valid {form}: {_lowered(str(error))}", help) from error
    try:
        return json_value(loaded)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name} cannot be used: {error}") from error


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
