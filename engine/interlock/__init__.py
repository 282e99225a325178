"""Interlock: agent workflows and policies, checked before they run and enforced while they do.

    import asyncio
    from interlock import Answers, MemoryJournal, Runtime, Toolbox, compile_sources

`compile_text` and `compile_sources` make a program of texts; `check` returns all diagnostics instead of raising. A
`Runtime` drives runs of programs over a journal (`SqliteJournal`, `MemoryJournal`), with Python functions as tools
(`Toolbox`) and models (`LanguageModels`, or scripted `Answers`). A program with an event loop and a store of its own
uses a `Machine` instead. Around an agent that follows no workflow, a `Guard` decides its calls, with sessions in the
same journal; to decide single calls without any record, use `Authorizer.decide`. `replay`, `history` and `verify` read
a journal.

A name is imported when it is first used, so importing the package loads nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interlock.decide import Authorizer as Authorizer
    from interlock.decide import Claim as Claim
    from interlock.decide import Consent as Consent
    from interlock.decide import Decision as Decision
    from interlock.decide import History as History
    from interlock.decide import NotifyRole as NotifyRole
    from interlock.decide import Principal as Principal
    from interlock.decide import Reason as Reason
    from interlock.decide import RedactFields as RedactFields
    from interlock.errors import AnsweredOtherwise as AnsweredOtherwise
    from interlock.errors import Conflict as Conflict
    from interlock.errors import Diverged as Diverged
    from interlock.errors import DrivenElsewhere as DrivenElsewhere
    from interlock.errors import InterlockError as InterlockError
    from interlock.errors import InvalidInput as InvalidInput
    from interlock.errors import JournalCorrupt as JournalCorrupt
    from interlock.errors import JournalMissing as JournalMissing
    from interlock.errors import JournalUnavailable as JournalUnavailable
    from interlock.errors import MeaningChanged as MeaningChanged
    from interlock.errors import NotReloaded as NotReloaded
    from interlock.errors import ProgramMismatch as ProgramMismatch
    from interlock.errors import Refused as Refused
    from interlock.errors import ToolsIncomplete as ToolsIncomplete
    from interlock.errors import UnknownProgram as UnknownProgram
    from interlock.errors import UnknownRun as UnknownRun
    from interlock.guard import CallDecision as CallDecision
    from interlock.guard import Guard as Guard
    from interlock.guard import Session as Session
    from interlock.journal.codec import decode as decode
    from interlock.journal.codec import encode as encode
    from interlock.journal.journal import Entry as Entry
    from interlock.journal.journal import Journal as Journal
    from interlock.journal.journal import RunSummary as RunSummary
    from interlock.journal.memory import MemoryJournal as MemoryJournal
    from interlock.journal.sqlite import SqliteJournal as SqliteJournal
    from interlock.journal.verify import Verification as Verification
    from interlock.run.ledger import Held as Held
    from interlock.run.lifecycle.start import prepare as prepare
    from interlock.run.machine import Machine as Machine
    from interlock.run.protocol.commands import Admit as Admit
    from interlock.run.protocol.commands import AskApproval as AskApproval
    from interlock.run.protocol.commands import AskModel as AskModel
    from interlock.run.protocol.commands import AskPerson as AskPerson
    from interlock.run.protocol.commands import AwaitEvent as AwaitEvent
    from interlock.run.protocol.commands import CallTool as CallTool
    from interlock.run.protocol.commands import Cancel as Cancel
    from interlock.run.protocol.commands import FinishRun as FinishRun
    from interlock.run.protocol.commands import Notify as Notify
    from interlock.run.protocol.commands import Release as Release
    from interlock.run.protocol.commands import Report as Report
    from interlock.run.protocol.commands import Reserve as Reserve
    from interlock.run.protocol.commands import SetTimer as SetTimer
    from interlock.run.protocol.events import Admitted as Admitted
    from interlock.run.protocol.events import AnsweredBy as AnsweredBy
    from interlock.run.protocol.events import ApprovalDenied as ApprovalDenied
    from interlock.run.protocol.events import ApprovalGiven as ApprovalGiven
    from interlock.run.protocol.events import CallProposed as CallProposed
    from interlock.run.protocol.events import Exhausted as Exhausted
    from interlock.run.protocol.events import ModelCall as ModelCall
    from interlock.run.protocol.events import ModelFailed as ModelFailed
    from interlock.run.protocol.events import ModelReplied as ModelReplied
    from interlock.run.protocol.events import PersonAnswered as PersonAnswered
    from interlock.run.protocol.events import Reserved as Reserved
    from interlock.run.protocol.events import RunCancelled as RunCancelled
    from interlock.run.protocol.events import RunResumed as RunResumed
    from interlock.run.protocol.events import RunStarted as RunStarted
    from interlock.run.protocol.events import SessionStarted as SessionStarted
    from interlock.run.protocol.events import SignalReceived as SignalReceived
    from interlock.run.protocol.events import TimerFired as TimerFired
    from interlock.run.protocol.events import ToolFailed as ToolFailed
    from interlock.run.protocol.events import ToolReturned as ToolReturned
    from interlock.run.protocol.events import Usage as Usage
    from interlock.run.protocol.events import Withheld as Withheld
    from interlock.run.session import SessionMachine as SessionMachine
    from interlock.run.session.lifecycle import prepare_session as prepare_session
    from interlock.runtime.adapter import Notice as Notice
    from interlock.runtime.adapter import Setting as Setting
    from interlock.runtime.answers import Answers as Answers
    from interlock.runtime.clock import ManualClock as ManualClock
    from interlock.runtime.clock import SystemClock as SystemClock
    from interlock.runtime.ledger import rebuild_ledger as rebuild_ledger
    from interlock.runtime.models import LanguageModels as LanguageModels
    from interlock.runtime.recover import history as history
    from interlock.runtime.recover import replay as replay
    from interlock.runtime.recover import verify as verify
    from interlock.runtime.report import ReplayReport as ReplayReport
    from interlock.runtime.report import RunReport as RunReport
    from interlock.runtime.runtime import Runtime as Runtime
    from interlock.runtime.toolbox import CallContext as CallContext
    from interlock.runtime.toolbox import Toolbox as Toolbox
    from interlock.runtime.toolbox import ToolError as ToolError
    from interlock.runtime.toolbox import Uncertain as Uncertain
    from interlock_dsl.compiler.compile import check as check
    from interlock_dsl.compiler.compile import check_text as check_text
    from interlock_dsl.compiler.compile import compile_sources as compile_sources
    from interlock_dsl.compiler.compile import compile_text as compile_text
    from interlock_dsl.diagnostics import Diagnostic as Diagnostic
    from interlock_dsl.diagnostics import DiagnosticError as DiagnosticError
    from interlock_dsl.program.model import Program as Program

_HOMES: Final = {
    "interlock.decide": (
        "Authorizer", "Claim", "Consent", "Decision", "History", "NotifyRole", "Principal", "Reason", "RedactFields",
    ),
    "interlock.errors": (
        "AnsweredOtherwise", "Conflict", "Diverged", "DrivenElsewhere", "InterlockError", "InvalidInput",
        "JournalCorrupt", "JournalMissing", "JournalUnavailable", "MeaningChanged", "NotReloaded", "ProgramMismatch",
        "Refused", "ToolsIncomplete",
        "UnknownProgram", "UnknownRun",
    ),
    "interlock.guard": ("CallDecision", "Guard", "Session"),
    "interlock.journal.codec": ("decode", "encode"),
    "interlock.journal.journal": ("Entry", "Journal", "RunSummary"),
    "interlock.journal.memory": ("MemoryJournal",),
    "interlock.journal.sqlite": ("SqliteJournal",),
    "interlock.journal.verify": ("Verification",),
    "interlock.run.protocol.commands": (
        "Admit", "AskApproval", "AskModel", "AskPerson", "AwaitEvent", "CallTool", "Cancel", "FinishRun", "Notify",
        "Release", "Report", "Reserve", "SetTimer",
    ),
    "interlock.run.protocol.events": (
        "Admitted", "AnsweredBy", "ApprovalDenied", "ApprovalGiven", "CallProposed", "Exhausted", "ModelCall",
        "ModelFailed", "ModelReplied", "PersonAnswered", "Reserved", "RunCancelled", "RunResumed", "RunStarted",
        "SessionStarted", "SignalReceived", "TimerFired", "ToolFailed", "ToolReturned", "Usage", "Withheld",
    ),
    "interlock.run.ledger": ("Held",),
    "interlock.run.machine": ("Machine",),
    "interlock.run.lifecycle.start": ("prepare",),
    "interlock.run.session": ("SessionMachine",),
    "interlock.run.session.lifecycle": ("prepare_session",),
    "interlock.runtime.adapter": ("Notice", "Setting"),
    "interlock.runtime.answers": ("Answers",),
    "interlock.runtime.clock": ("ManualClock", "SystemClock"),
    "interlock.runtime.ledger": ("rebuild_ledger",),
    "interlock.runtime.models": ("LanguageModels",),
    "interlock.runtime.recover": ("history", "replay", "verify"),
    "interlock.runtime.report": ("ReplayReport", "RunReport"),
    "interlock.runtime.runtime": ("Runtime",),
    "interlock.runtime.toolbox": ("CallContext", "ToolError", "Toolbox", "Uncertain"),
    "interlock_dsl.compiler.compile": ("check", "check_text", "compile_sources", "compile_text"),
    "interlock_dsl.diagnostics": ("Diagnostic", "DiagnosticError"),
    "interlock_dsl.program.model": ("Program",),
}  # fmt: skip
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Admit",
    "Admitted",
    "AnsweredBy",
    "AnsweredOtherwise",
    "Answers",
    "ApprovalDenied",
    "ApprovalGiven",
    "AskApproval",
    "AskModel",
    "AskPerson",
    "Authorizer",
    "AwaitEvent",
    "CallContext",
    "CallDecision",
    "CallProposed",
    "CallTool",
    "Cancel",
    "Claim",
    "Conflict",
    "Consent",
    "Decision",
    "Diagnostic",
    "DiagnosticError",
    "Diverged",
    "DrivenElsewhere",
    "Entry",
    "Exhausted",
    "FinishRun",
    "Guard",
    "Held",
    "History",
    "InterlockError",
    "InvalidInput",
    "Journal",
    "JournalCorrupt",
    "JournalMissing",
    "JournalUnavailable",
    "LanguageModels",
    "Machine",
    "ManualClock",
    "MeaningChanged",
    "MemoryJournal",
    "ModelCall",
    "ModelFailed",
    "ModelReplied",
    "NotReloaded",
    "Notice",
    "Notify",
    "NotifyRole",
    "PersonAnswered",
    "Principal",
    "Program",
    "ProgramMismatch",
    "Reason",
    "RedactFields",
    "Refused",
    "Release",
    "ReplayReport",
    "Report",
    "Reserve",
    "Reserved",
    "RunCancelled",
    "RunReport",
    "RunResumed",
    "RunStarted",
    "RunSummary",
    "Runtime",
    "Session",
    "SessionMachine",
    "SessionStarted",
    "SetTimer",
    "Setting",
    "SignalReceived",
    "SqliteJournal",
    "SystemClock",
    "TimerFired",
    "ToolError",
    "ToolFailed",
    "ToolReturned",
    "Toolbox",
    "ToolsIncomplete",
    "Uncertain",
    "UnknownProgram",
    "UnknownRun",
    "Usage",
    "Verification",
    "Withheld",
    "check",
    "check_text",
    "compile_sources",
    "compile_text",
    "decode",
    "encode",
    "history",
    "prepare",
    "prepare_session",
    "rebuild_ledger",
    "replay",
    "verify",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module `interlock` has no `{name}`")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(_HOME)
