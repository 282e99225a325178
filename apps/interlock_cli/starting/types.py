"""Types of the language from JSON Schemas.

What has an exact counterpart is declared so. Of the rest the nearest wider type is declared, and where there is none
a narrower one, with a note that says which calls are then denied.
"""

import math
from collections.abc import Mapping
from typing import Final

from interlock_cli.starting.names import distinct, part

DEEPEST: Final = 12
"""Levels of nesting that are declared."""
LOWEST, HIGHEST = -(2**63), 2**63 - 1
_LARGEST: Final = "1.7976931348623157e308"
_UNCHECKED: Final = (
    "minLength", "pattern", "format", "multipleOf", "minItems", "uniqueItems", "contains", "minProperties",
    "propertyNames", "patternProperties", "not", "if", "dependentRequired", "dependentSchemas",
)  # fmt: skip

Schema = Mapping[str, object]


class Types:
    """The types of one tool. `root` is the schema in which references are looked up, `notes` what could not be said."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self.notes: list[str] = []

    def fields(self, schema: Schema, at: str = "", depth: int = 0) -> list[str]:
        """Return the fields of an object's schema, as they are written in a declaration."""
        given = schema.get("properties")
        properties = given if isinstance(given, Mapping) else {}
        wanted = schema.get("required")
        required = wanted if isinstance(wanted, list) else []
        names = distinct(part(str(name)) for name in properties)
        written: list[str] = []
        for (name, inner), shown in zip(properties.items(), names, strict=True):
            path = f"{at}{shown}"
            if shown != name:
                self.notes.append(f"{path} stands for {name!r}, which is no name here: pass it under this name")
            type, absent = self.type(inner, path, depth + 1)
            if absent:
                self.notes.append(f"{path} may be null there: leave it out instead, a call with null is denied")
            said = inner.get("description") if isinstance(inner, Mapping) else None
            text = f" {quoted(said)}" if isinstance(said, str) and said.strip() else ""
            written.append(f"{shown}{'' if name in required and not absent else '?'}: {type}{text}")
        return written

    def type(self, given: object, at: str, depth: int) -> tuple[str, bool]:
        """Return a schema's type, and whether its value may be null."""
        schema = self._resolved(given, at)
        if schema is None or depth > DEEPEST:
            return self._none(at, "it refers to itself, or is nested too deeply" if schema is not None else ""), False
        for key in ("anyOf", "oneOf", "allOf"):
            if isinstance(choices := schema.get(key), list):
                return self._choices(choices, at, depth)
        kind = schema.get("type")
        absent = isinstance(kind, list) and "null" in kind
        if isinstance(kind, list):
            kinds = [each for each in kind if each != "null"]
            kind = kinds[0] if len(kinds) == 1 else None
        if "enum" in schema or "const" in schema:
            return self._listed(schema, at, absent)
        self._unchecked(schema, at)
        match kind:
            case "boolean":
                return "bool", absent
            case "integer":
                return _int(schema), absent
            case "number":
                return self._double(schema, at), absent
            case "string":
                return "string" + _most(schema, "maxLength"), absent
            case "array":
                return self._list(schema, at, depth), absent
            case "object":
                return self._object(schema, at, depth), absent
            case _:
                return self._none(at, "values of several types"), absent

    def _resolved(self, given: object, at: str) -> Schema | None:
        schema, seen = given, set[str]()
        while isinstance(schema, Mapping) and isinstance(pointer := schema.get("$ref"), str):
            if pointer in seen or not pointer.startswith("#/"):
                self.notes.append(f"{at} refers to {pointer!r}, which cannot be looked up")
                return None
            seen.add(pointer)
            schema = self._root
            for step in pointer[2:].split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                schema = schema.get(name) if isinstance(schema, Mapping) else None
        return schema if isinstance(schema, Mapping) else {}

    def _choices(self, choices: list[object], at: str, depth: int) -> tuple[str, bool]:
        kept = [each for each in choices if not (isinstance(each, Mapping) and each.get("type") == "null")]
        absent = len(kept) < len(choices)
        if len(kept) == 1:
            type, inner = self.type(kept[0], at, depth)
            return type, absent or inner
        return self._none(at, "one of several schemas"), absent

    def _listed(self, schema: Schema, at: str, absent: bool) -> tuple[str, bool]:
        given = schema["enum"] if "enum" in schema else [schema["const"]]
        values = [each for each in given if each is not None] if isinstance(given, list) else []
        absent = absent or (isinstance(given, list) and None in given)
        texts = [each for each in values if isinstance(each, str)]
        if values and len(texts) == len(values):
            return f"enum({', '.join(map(quoted, dict.fromkeys(texts)))})", absent
        if values and all(isinstance(each, bool) for each in values):
            self.notes.append(f"{at}: only {', '.join(map(repr, values))} is meant; both are let through")
            return "bool", absent
        whole = [each for each in values if isinstance(each, int) and not isinstance(each, bool)]
        if whole and len(whole) == len(values) and min(whole) >= LOWEST and max(whole) <= HIGHEST:
            self.notes.append(f"{at}: one of {', '.join(map(str, whole))} is meant; what lies between is let through")
            return f"int in {min(whole)}..{max(whole)}", absent
        return self._none(at, "listed values of other types"), absent

    def _double(self, schema: Schema, at: str) -> str:
        low, high = (_number(schema.get(key, schema.get(f"exclusive{key[0].upper()}{key[1:]}"))) for key in _ENDS)
        if any(f"exclusive{key[0].upper()}{key[1:]}" in schema for key in _ENDS):
            self.notes.append(f"{at}: an end that is not part of the range is let through")
        if low is None and high is None:
            return "double"
        shown = (f"-{_LARGEST}" if low is None else repr(low), _LARGEST if high is None else repr(high))
        return f"double in {shown[0]}..{shown[1]}" if low is None or high is None or low <= high else "double"

    def _list(self, schema: Schema, at: str, depth: int) -> str:
        items = schema.get("items")
        if not isinstance(items, Mapping) or "prefixItems" in schema:
            return (
                f"list<{self._none(f'{at}[]', 'its items are not described by one schema')}>{_most(schema, 'maxItems')}"
            )
        inner, absent = self.type(items, f"{at}[]", depth + 1)
        if absent:
            self.notes.append(f"{at}[] may be null there: a call with null is denied")
        return f"list<{inner}>{_most(schema, 'maxItems')}"

    def _object(self, schema: Schema, at: str, depth: int) -> str:
        if isinstance(schema.get("properties"), Mapping) and schema["properties"]:
            return "{ " + "  ".join(self.fields(schema, f"{at}.", depth)) + " }"
        values = schema.get("additionalProperties")
        if values is False:
            return "{ }"
        if isinstance(values, Mapping) and values:
            inner, absent = self.type(values, f"{at}{{}}", depth + 1)
            if absent:
                self.notes.append(f"{at}{{}} may be null there: a call with null is denied")
            return f"map<string, {inner}>{_most(schema, 'maxProperties')}"
        self.notes.append(f"{at} is any object there: declared with texts alone, so a call with other values is denied")
        return "map<string, string>"

    def _none(self, at: str, why: str) -> str:
        said = f" ({why})" if why else ""
        self.notes.append(
            f"{at} has no counterpart here{said}: declared as text, so a call with another value is denied"
        )
        return "string"

    def _unchecked(self, schema: Schema, at: str) -> None:
        found = [key for key in _UNCHECKED if key in schema]
        if found:
            self.notes.append(f"{at}: {', '.join(found)} is not part of the type, and not checked")


_ENDS: Final = ("minimum", "maximum")


def _int(schema: Schema) -> str:
    low, high = _number(schema.get("minimum")), _number(schema.get("maximum"))
    above, below = _number(schema.get("exclusiveMinimum")), _number(schema.get("exclusiveMaximum"))
    lows = [math.ceil(low)] if low is not None else []
    highs = [math.floor(high)] if high is not None else []
    lows += [math.floor(above) + 1] if above is not None else []
    highs += [math.ceil(below) - 1] if below is not None else []
    if not lows and not highs:
        return "int"
    first, last = max([LOWEST, *lows]), min([HIGHEST, *highs])
    return f"int in {first}..{last}" if first <= last else "int"


def _number(given: object) -> int | float | None:
    usable = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    return given if usable and isinstance(given, int | float) else None


def _most(schema: Schema, key: str) -> str:
    most = schema.get(key)
    return f" max {most}" if isinstance(most, int) and not isinstance(most, bool) and 0 < most <= HIGHEST else ""


def quoted(text: str) -> str:
    """Return a text as a literal of the language, with what cannot be seen as escapes."""
    from interlock_dsl.diagnostics.escape import escape

    def one(char: str) -> str:
        if char in '\\"':
            return f"\\{char}"
        if char.isprintable() and escape(char) == char:
            return char
        return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"

    return '"' + "".join(map(one, text.encode("utf-8", "replace").decode())) + '"'
