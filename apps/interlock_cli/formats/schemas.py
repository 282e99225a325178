"""The JSON Schemas (2020-12) of what the command line reads and prints, by name. `docs/schemas` holds them as files."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMAS: Final[Mapping[str, str]] = {
    "settings": "interlock.toml, and [tool.interlock] of pyproject.toml",
    "answers": "answer files",
    "check": "check --format json",
    "certificate": "check --certificate",
    "diff": "diff --format json",
    "test": "test --format json",
    "graph": "graph --format json",
    "run": "run, approve, deny, answer, resume and cancel --format json",
    "runs": "runs --format json",
    "show": "show --format json",
    "replay": "replay --format json",
    "verify": "verify --format json",
    "ledger": "ledger --format json",
    "event": "the events of a journal",
    "decision": "decision records: of decide and show --format json, and of sessions",
    "batch": "decide --batch, each line of what is read",
}
"""The name of each schema, and what it is of."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str) -> dict[str, object]:
    """Return the JSON Schema of that name. Raises KeyError for one that is not in `SCHEMAS`."""
    made: dict[str, object] = {"$schema": DIALECT}
    made.update(_made(name))
    made["title"] = SCHEMAS[name]
    return made


def _made(name: str) -> dict[str, object]:
    match name:
        case "settings":
            from interlock_cli import settings

            return settings.schema()
        case "answers":
            from interlock.runtime.script import script_schema

            return script_schema()
        case "event":
            from interlock.journal.codec import event_schema

            return event_schema()
        case "batch":
            from interlock_cli.batch import Line

            return Line.model_json_schema()
        case "decision":
            from pydantic import TypeAdapter

            from interlock.guard.record import DecisionRecord

            return TypeAdapter(DecisionRecord).json_schema()
        case _:
            return printed(name).json_schema()


def printed(name: str) -> "TypeAdapter[object]":
    """Return what validates the output of that name. Raises KeyError where it is no output."""
    from pydantic import TypeAdapter

    from interlock_cli.formats import json_models as models
    from interlock_cli.formats import ledger_models
    from interlock_cli.formats import proof_models as proofs

    outputs: Mapping[str, TypeAdapter[object]] = {
        "check": TypeAdapter(models.CheckJson),
        "certificate": TypeAdapter(proofs.CertificateJson),
        "diff": TypeAdapter(proofs.DiffJson),
        "test": TypeAdapter(models.TestsJson),
        "graph": TypeAdapter(models.GraphJson | list[models.GraphJson]),
        "run": TypeAdapter(models.RunJson),
        "runs": TypeAdapter(list[models.RunLineJson]),
        "show": TypeAdapter(models.AuditJson),
        "replay": TypeAdapter(list[models.ReplayJson]),
        "verify": TypeAdapter(models.VerifyJson),
        "ledger": TypeAdapter(list[ledger_models.LedgerLineJson]),
    }
    return outputs[name]
