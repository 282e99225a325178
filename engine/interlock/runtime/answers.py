"""Scripted answers in place of models and people: for trying a program out, for demonstrations and tests.

A script maps the name of a step to its turns, in order; a single turn needs no list. A turn is one of

    {"answers": {"topic": "billing", "confidence": 0.93}}          the step's answer
    {"calls": {"orders.get": {"order_id": "A1"}}}                  tool calls (a list of such, for one tool twice)
    {"fails": "overloaded"}                                        no reply, and why
    {"answers": {"approve": True}, "by": "maria"}                  a person's answer

Turns are counted over the whole run, restarts included: the second question to a step gets its second turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from interlock.errors import InvalidInput
from interlock.run.protocol.commands import AskModel, AskPerson
from interlock.run.protocol.events import AnsweredBy, Event, Json, ModelCall, ModelFailed, ModelReplied, PersonAnswered
from interlock.runtime.adapter import Setting
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.program.model import AgentStep, AskStep, Program
from interlock_dsl.schema import json_value
from interlock_dsl.schema.canonical import digest

_SOMEONE = "someone"


@dataclass(frozen=True, slots=True)
class _Turn:
    answered: bool = False
    answer: Json = None
    calls: tuple[ModelCall, ...] = ()
    failure: str = ""
    by: str = _SOMEONE

    def plain(self) -> Json:
        """Return the turn as it is written in a script."""
        if self.answered:
            return {"answers": self.answer, "by": self.by}
        if self.calls:
            return {"calls": [{call.tool: call.args} for call in self.calls]}
        return {"fails": self.failure}


class Answers:
    """An adapter for models, and for people, that reads from a script.

    Raises `InvalidInput`, naming the step and the turn, when the script is not of the form above.
    """

    def __init__(self, script: Mapping[str, object]) -> None:
        self._turns = {str(step): _turns(str(step), given) for step, given in _mapping(script, "a script").items()}

    def answered_by(self, source: str = "") -> AnsweredBy:
        """Return what a journal records of this script: its digest, and the name it was read from."""
        return AnsweredBy(
            "script", digest({step: [turn.plain() for turn in turns] for step, turns in self._turns.items()}), source
        )

    def prepare(self, program: Program, workflow: str) -> None:
        """Check that every scripted step is one of the workflow's that a model or a person answers.

        Raises `InvalidInput` naming those that are not.
        """
        steps = program.workflows[workflow].steps
        answered = [name for name, step in steps.items() if isinstance(step, AgentStep | AskStep)]
        problems: list[str] = []
        for name in self._turns:
            if name in steps and name not in answered:
                problems.append(f"`{name}`: neither a model nor a person answers at this step")
            elif name not in steps:
                near = nearest(name, answered)
                hint = f"did you mean `{near}`?" if near else f"its steps are {', '.join(answered) or 'none'}"
                problems.append(f"`{name}`: the workflow `{workflow}` has no such step; {hint}")
        if problems:
            raise InvalidInput("the scripted answers do not fit\n" + "\n".join(f"  {each}" for each in problems))

    async def perform(self, command: AskModel, setting: Setting) -> Event:
        """Take the step's next turn; `ModelFailed` when there is none."""
        turn, problem = self._next(command, setting)
        if turn is None and command.turns and command.turns[-1].complaint:
            problem = f"{problem}; the answer before it did not fit: {command.turns[-1].complaint}"
        if turn is None or turn.failure:
            return ModelFailed(
                setting.now(), command.id, "error", problem if turn is None else turn.failure, jitter=setting.jitter()
            )
        return ModelReplied(setting.now(), command.id, turn.answered, turn.answer, turn.calls)

    def answers(self, command: AskPerson, setting: Setting) -> bool:
        """Whether there is a turn for this question to a person; without one, a person is waited for."""
        turn, _ = self._next(command, setting)
        return turn is not None and turn.answered

    async def answer(self, command: AskPerson, setting: Setting) -> Event:
        """Answer as the person of the step's next turn."""
        turn, problem = self._next(command, setting)
        if turn is None:
            raise InvalidInput(problem)
        return PersonAnswered(setting.now(), command.id, turn.by, command.role, turn.answer)

    def _next(self, command: AskModel | AskPerson, setting: Setting) -> tuple[_Turn | None, str]:
        turns = self._turns.get(command.step, ())
        at = setting.asked(command)
        if at < len(turns):
            return turns[at], ""
        if not turns:
            return None, f"the script has no answers for the step `{command.step}`"
        return None, f"the script has {_count(len(turns))} for the step `{command.step}`, and this is question {at + 1}"


def _count(turns: int) -> str:
    return "1 turn" if turns == 1 else f"{turns} turns"


def _turns(step: str, given: object) -> tuple[_Turn, ...]:
    listed = given if isinstance(given, list | tuple) else [given]
    return tuple(_turn(f"`{step}`, turn {at}", each) for at, each in enumerate(listed, 1))


def _turn(place: str, given: object) -> _Turn:
    fields = _mapping(given, place)
    kinds = [kind for kind in ("answers", "calls", "fails") if kind in fields]
    surplus = [str(name) for name in fields if name not in ("answers", "calls", "fails", "by")]
    if len(kinds) != 1 or surplus or ("by" in fields and kinds != ["answers"]):
        near = next(filter(None, (nearest(name, ("answers", "calls", "fails", "by")) for name in surplus)), None)
        hint = f"; did you mean `{near}`?" if near else ""
        raise InvalidInput(
            f"scripted answers: {place}: expected one of `answers` (with `by`, for a person), `calls` or `fails`, "
            f"got {', '.join(map(str, fields)) or 'nothing'}{hint}"
        )
    match kinds[0]:
        case "answers":
            by = fields.get("by", _SOMEONE)
            return _Turn(answered=True, answer=_json(place, fields["answers"]), by=_text(f"{place}, by", by))
        case "calls":
            return _Turn(calls=_calls(place, fields["calls"]))
        case _:
            return _Turn(failure=_text(f"{place}, fails", fields["fails"]))


def _calls(place: str, given: object) -> tuple[ModelCall, ...]:
    listed: Sequence[object] = given if isinstance(given, list | tuple) else [given]
    calls: list[ModelCall] = []
    for each in listed:
        for tool, arguments in _mapping(each, f"{place}, calls").items():
            calls.append(ModelCall(f"k{len(calls) + 1}", str(tool), _json(f"{place}, {tool}", arguments)))
    if not calls:
        raise InvalidInput(f"scripted answers: {place}: `calls` names no tool")
    return tuple(calls)


def _mapping(given: object, place: str) -> Mapping[object, object]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"scripted answers: {place}: expected a mapping, got {_said(given)}")
    return cast("Mapping[object, object]", given)


def _text(place: str, given: object) -> str:
    if not isinstance(given, str) or not given:
        raise InvalidInput(f"scripted answers: {place}: expected text, got {_said(given)}")
    return given


def _json(place: str, given: object) -> Json:
    try:
        return json_value(given)
    except ValueError as problem:
        raise InvalidInput(f"scripted answers: {place}: {problem}") from None


def _said(given: object) -> str:
    return "nothing" if given is None else f"`{given}`"
