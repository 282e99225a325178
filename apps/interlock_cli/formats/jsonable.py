"""Values of the engine as JSON."""

import dataclasses
from collections.abc import Mapping

from interlock_dsl.diagnostics.source import Span


def plain(thing: object) -> object:
    """Return a value of the engine as JSON; a place in the source becomes `file:line:column`."""
    match thing:
        case Span():
            return str(thing) if thing.source.text else None
        case Mapping():
            return {str(key): plain(each) for key, each in thing.items()}
        case tuple() | list():
            return [plain(each) for each in thing]
        case _ if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
            return {field.name: plain(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
        case _:
            return thing
