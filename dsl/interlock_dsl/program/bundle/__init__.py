"""Bundles: a compiled program as bytes, to be loaded without the compiler.

    {"content": SHA-256 of what follows `"program":`, "interlock": format version, "program": {...}}

A bundle is canonical JSON (RFC 8785) and holds no code: declarations, types, scopes and the trees of expressions,
beside the sources that they came from. `load` validates everything against the program's own classes, and checks its
size before it reads. The digest of its content shows damage, not authorship: whoever can write a bundle can write
another one. `authentic` also works out whether its program is the one whose digest it names.
"""

import gc
import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from interlock_dsl.cel.types import RecordType, Type
from interlock_dsl.program.builtins import past_functions
from interlock_dsl.program.bundle.declarations import Reader, Writer, read, write
from interlock_dsl.program.bundle.errors import BundleError
from interlock_dsl.program.bundle.expressions import Expressions, ScopeTable, functions, read_scopes
from interlock_dsl.program.bundle.places import Places
from interlock_dsl.program.bundle.types import TypeTable, read_types
from interlock_dsl.program.cases import Test
from interlock_dsl.program.model import Agent, Policy, Program, Role, RunStep, Table, Tool, Workflow

__all__ = ["FORMAT", "LARGEST", "SUFFIX", "BundleError", "authentic", "dump", "load"]

FORMAT: Final = 1
"""The version of the format that is written, and the only one that is read."""

LARGEST: Final = 64 * 1024 * 1024
"""How many bytes a bundle may have."""

SUFFIX: Final = ".ilkb"

_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode
"""Writes RFC 8785 fast, but only what is in bundles: no fractions (they are texts), and keys in ASCII."""

_HEAD: Final = re.compile(rb'\{"content":"([0-9a-f]{64})","interlock":([0-9]{1,9}),"program":')
_PARTS: Final[Mapping[str, object]] = {
    "agents": Mapping[str, Agent],
    "policies": Mapping[str, Policy],
    "roles": Mapping[str, Role],
    "tables": Mapping[str, Table],
    "tests": tuple[Test, ...],
    "tools": Mapping[str, Tool],
    "types": Mapping[str, Type],
    "workflows": Mapping[str, Workflow],
}
_KEYS: Final = {*_PARTS, "digest", "sources", "scopes", "type_table"}


def dump(program: Program) -> bytes:
    """Return a program as a bundle. Raises `BundleError` for one that is too large or nested too deeply for it."""
    collecting = gc.isenabled()
    gc.disable()  # nothing of what is made here is garbage before it is written
    try:
        return _dumped(program)
    finally:
        if collecting:
            gc.enable()


def _dumped(program: Program) -> bytes:
    places, types = Places(program.sources), TypeTable()
    scopes = ScopeTable(types)
    writer = Writer(places, types, Expressions(places, [], scopes))
    held = {part: write(annotation, getattr(program, part), writer) for part, annotation in _PARTS.items()}
    held |= {"digest": program.digest, "sources": [list(each) for each in program.sources.items()]}
    if program.context is not None:
        held["context"] = write(RecordType, program.context, writer)
    held |= {"scopes": scopes.rows, "type_table": types.rows}
    body = _CANONICAL(held).encode()
    content = hashlib.sha256(body).hexdigest()
    data = f'{{"content":"{content}","interlock":{FORMAT},"program":'.encode() + body + b"}"
    if len(data) > LARGEST:
        raise BundleError(f"it would have {len(data):,} bytes, more than the {LARGEST:,} that a bundle may have")
    return data


def load(data: bytes) -> Program:
    """Return the program of a bundle. Trees of expressions are read when they are first needed.

    Raises `BundleError` for anything that `dump` would not have written.
    """
    collecting = gc.isenabled()
    gc.disable()  # nothing of what is made here can be garbage
    try:
        return _program(_content(data))
    except BundleError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise BundleError(f"it holds no program: {problem}") from None
    finally:
        if collecting:
            gc.enable()


def authentic(program: Program) -> bool:
    """Return whether a program that was loaded is the one whose digest it names. Reads every expression."""
    from interlock_dsl.program.digest import program_digest

    try:
        return program_digest(program) == program.digest
    except (ValueError, TypeError, RecursionError):
        return False


def _content(data: bytes) -> dict[str, object]:
    from pydantic_core import from_json

    if len(data) > LARGEST:
        raise BundleError(f"it has {len(data):,} bytes, more than the {LARGEST:,} that a bundle may have")
    head = _HEAD.match(data)
    if head is None or not data.endswith(b"}"):
        raise BundleError("it is not a bundle")
    if int(head[2]) != FORMAT:
        raise BundleError(
            f"it has the format {int(head[2])}, and this version reads {FORMAT}: compile it again from its sources"
        )
    body = memoryview(data)[head.end() : -1]
    if hashlib.sha256(body).hexdigest().encode() != head[1]:
        raise BundleError("it is damaged: its content is not what its digest says")
    try:
        given: object = from_json(bytes(body), allow_inf_nan=False)
    except ValueError as problem:
        raise BundleError(f"it is not JSON: {problem}") from None
    if not isinstance(given, dict) or given.keys() - {"context"} != _KEYS:
        raise BundleError("it does not hold the parts of a program")
    return given


def _program(given: dict[str, object]) -> Program:
    sources, digest = _sources(given["sources"]), given["digest"]
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise BundleError("its program has no digest")
    if not isinstance(given["type_table"], list) or not isinstance(given["scopes"], list):
        raise BundleError("it does not hold the parts of a program")
    places, types = Places(sources), read_types(given["type_table"])
    known = functions()
    reader = Reader(places, types, Expressions(places, read_scopes(given["scopes"], types, known)))
    parts = {part: read(annotation, given[part], reader) for part, annotation in _PARTS.items()}
    known.update(past_functions({name: (tool.parameters, tool.result) for name, tool in parts["tools"].items()}))
    if "context" in given:
        parts["context"] = read(RecordType, given["context"], reader)
    if any(isinstance(step, RunStep) for workflow in parts["workflows"].values() for step in workflow.steps.values()):
        from interlock_dsl.program.bundle.network import check_inner

        check_inner(parts["workflows"])
    return Program(digest=digest, sources=MappingProxyType(sources), **parts)


def _sources(given: object) -> dict[str, str]:
    match given:
        case list():
            pairs = [each for each in given if isinstance(each, list) and len(each) == 2]
            found = {name: text for name, text in pairs if isinstance(name, str) and isinstance(text, str)}
            if len(found) == len(given):
                return found
        case _:
            pass
    raise BundleError("its sources are not written as texts by path")
