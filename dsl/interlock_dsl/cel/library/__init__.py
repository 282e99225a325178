"""The functions every expression can call: one table for each library.

Left out, by name: `cel.block`, `proto.getExt` and `proto.hasExt`.
`LIBRARIES` says which library a function comes from.
"""

from collections.abc import Mapping
from typing import Final

from interlock_dsl.cel.library import (
    conversions,
    encoders,
    lists,
    math,
    network,
    optionals,
    sets,
    standard,
    strings,
    timestamps,
)
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.signature import Function

LIBRARIES: Final[Mapping[str, tuple[Function, ...]]] = {
    "standard": standard.FUNCTIONS,
    "conversions": conversions.FUNCTIONS,
    "timestamps": timestamps.FUNCTIONS,
    "strings": strings.FUNCTIONS,
    "math": math.FUNCTIONS,
    "optionals": optionals.FUNCTIONS,
    "encoders": encoders.FUNCTIONS,
    "lists": lists.FUNCTIONS,
    "sets": sets.FUNCTIONS,
    "network": network.FUNCTIONS,
}

FUNCTIONS: Final[Mapping[str, Function]] = merge(LIBRARIES.values())
"""All of them by name; a method and a function of one name share an entry."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "block": "`cel.block` is left out: it is written by optimisers, not by people",
    "protos": "protobuf messages, enums, extensions and wrappers are left out",
}
"""What this implementation does not have, and says so."""
