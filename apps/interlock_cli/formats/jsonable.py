"""Values of the engine as JSON."""

import dataclasses
from typing import TYPE_CHECKING

from interlock.run.protocol.events import AnsweredBy
from interlock_dsl.cel.types import DYN
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.schema import encode

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import AnsweredByJson


def plain(thing: object) -> object:
    """Return a value of the engine as JSON; a place in the source becomes `file:line:column`."""
    return encode(DYN, thing, _record)


def _record(thing: object) -> object:
    match thing:
        case Span():
            return str(thing) if thing.source.text else None
        case frozenset():
            return sorted(thing)
        case _ if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
            return {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
        case _:
            raise TypeError(f"a {thing.__class__.__name__} has no form in JSON")


def answered_by_json(by: AnsweredBy) -> "AnsweredByJson":
    """Return who answers in a run."""
    return {"kind": by.kind, "digest": by.digest, "source": by.source}
