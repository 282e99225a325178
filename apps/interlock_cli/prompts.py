"""Typed questions on the terminal: a field at a time, asked again until the answer fits."""

import sys
from collections.abc import Callable

from rich.text import Text

from interlock_cli.documents import json_or_text
from interlock_cli.present.console import err
from interlock_cli.present.messages import coded
from interlock_dsl.cel.types import BOOL, Field, RecordType, StringType, Type
from interlock_dsl.schema import ValidationError, decode

Reader = Callable[[], str]
YES_OR_NO = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


def can_ask() -> bool:
    """Say whether there is someone to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(record: RecordType, prefix: str = "", reader: Reader = input) -> dict[str, object]:
    """Ask for every field of a record and return what was answered; optional ones may be left out."""
    answered: dict[str, object] = {}
    for name, field in record.fields.items():
        if isinstance(field.type, RecordType) and not field.optional:
            answered[name] = ask(field.type, f"{prefix}{name}.", reader)
            continue
        value = _ask(f"{prefix}{name}", field, reader)
        if value is not None:
            answered[name] = value
    return answered


def _ask(name: str, field: Field, reader: Reader) -> object:
    while True:
        prompt = Text.assemble("  ", (name, "name"), "  ", (hint(field), "quiet"), "  ")
        err().print(prompt, end="")
        text = _typed(reader)
        if not text and field.optional:
            return None
        value = understood(field.type, text)
        try:
            decode(field.type, value)
        except ValidationError as invalid:
            wrong = "answer `yes` or `no`" if field.type == BOOL else str(invalid).removeprefix("value: ")
            err().print(Text("    ").append_text(coded(wrong)), style="wait")
            continue
        return value


def _typed(reader: Reader) -> str:
    try:
        return reader().strip()
    except (KeyboardInterrupt, EOFError):
        err().print()  # what comes next begins on a line of its own
        raise


def hint(field: Field) -> str:
    """Return what may be answered, in a few words."""
    if isinstance(field.type, StringType) and field.type.values is not None:
        said = " / ".join(field.type.values)
    elif field.type == BOOL:
        said = "yes / no"
    else:
        said = str(field.type)
    return said + (", or nothing" if field.optional else "")


def understood(type: Type, text: str) -> object:
    """Return what a person means by `text` for a type: yes and no, the beginning of a choice, numbers, JSON."""
    if isinstance(type, StringType):
        if type.values is not None and text and text not in type.values:
            begun = [value for value in type.values if value.casefold().startswith(text.casefold())]
            return begun[0] if len(begun) == 1 else text
        return text
    if type == BOOL:
        return YES_OR_NO.get(text.casefold(), text)
    return json_or_text(text)
