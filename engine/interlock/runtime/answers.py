"""Scripted answers in place of models and people: for trying a program out, for demonstrations and tests.

A script maps the name of a step to its turns, in order; a single turn needs no list. A turn is one of

    {"answers": {"topic": "billing", "confidence": 0.93}}          the step's answer
    {"calls": {"orders.get": {"order_id": "A1"}}}                  tool calls (a list of such, for one tool twice)
    {"fails": "overloaded"}                                        no reply, and why
    {"answers": {"approve": True}, "by": "maria"}                  a person's answer

Turns are counted over the whole run, restarts included: the second question to a step gets its second turn.
"""

from collections.abc import Mapping

from interlock.errors import InvalidInput
from interlock.run.protocol.commands import AskModel, AskPerson
from interlock.run.protocol.events import AnsweredBy, Event, ModelCall, ModelFailed, ModelReplied, PersonAnswered
from interlock.runtime import script as scripts
from interlock.runtime.adapter import Setting
from interlock.runtime.script import AnswersTurn, CallsTurn, FailsTurn, Turn
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.program.model import AgentStep, AskStep, Program, RunStep
from interlock_dsl.program.paths import meant_by, step_at, written
from interlock_dsl.schema.canonical import digest
from interlock_dsl.schema.json_value import Json


class Answers:
    """An adapter for models, and for people, that reads from a script.

    Raises `InvalidInput`, naming the step and the turn, when the script is not of the form above.
    """

    def __init__(self, script: Mapping[str, object]) -> None:
        self._turns = scripts.decode(script)

    def answered_by(self, source: str = "") -> AnsweredBy:
        """Return what a journal records of this script: its digest, and the name it was read from."""
        return AnsweredBy(
            "script", digest({step: [_plain(turn) for turn in turns] for step, turns in self._turns.items()}), source
        )

    def prepare(self, program: Program, workflow: str) -> None:
        """Check that every scripted step is one of the workflow's that a model or a person answers.

        What is said for steps of other workflows of the program is not used in this run. Raises `InvalidInput` naming
        what is for no step.
        """
        steps = program.workflows[workflow].steps
        answered = [name for name, step in steps.items() if isinstance(step, AgentStep | AskStep)]
        answered += [f"{name}/..." for name, step in steps.items() if isinstance(step, RunStep)]
        problems: list[str] = []
        for name in self._turns:
            step = step_at(program, workflow, name)
            if any(isinstance(step_at(program, each, name), AgentStep | AskStep) for each in program.workflows):
                continue
            if step is not None and not isinstance(step, AgentStep | AskStep):
                problems.append(f"`{name}`: neither a model nor a person answers at this step")
            elif step is None:
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
        match turn:
            case AnswersTurn(answers=answer):
                return ModelReplied(setting.now(), command.id, True, answer)
            case CallsTurn():
                return ModelReplied(setting.now(), command.id, False, calls=_calls(turn))
            case FailsTurn(fails=why):
                problem = why
            case None:
                pass
        return ModelFailed(setting.now(), command.id, "error", problem, jitter=setting.jitter())

    def answers(self, command: AskPerson, setting: Setting) -> bool:
        """Whether there is a turn for this question to a person; without one, a person is waited for."""
        turn, _ = self._next(command, setting)
        return isinstance(turn, AnswersTurn)

    async def answer(self, command: AskPerson, setting: Setting) -> Event:
        """Answer as the person of the step's next turn. Raises `InvalidInput` where the script has none."""
        turn, problem = self._next(command, setting)
        if not isinstance(turn, AnswersTurn):
            raise InvalidInput(problem or f"the script gives no answer of a person for the step `{command.step}`")
        return PersonAnswered(setting.now(), command.id, turn.by, command.role, turn.answers)

    def _next(self, command: AskModel | AskPerson, setting: Setting) -> tuple[Turn | None, str]:
        # A row of which nothing is said answers what is said of its step.
        step = written(command.step)
        turns = next((self._turns[name] for name in meant_by(step) if self._turns.get(name)), ())
        at = setting.asked(command)
        if at < len(turns):
            return turns[at], ""
        if not turns:
            return None, f"the script has no answers for the step `{command.step}`"
        return None, f"the script has {_count(len(turns))} for the step `{command.step}`, and this is question {at + 1}"


def _count(turns: int) -> str:
    return "1 turn" if turns == 1 else f"{turns} turns"


def _calls(turn: CallsTurn) -> tuple[ModelCall, ...]:
    listed = turn.calls if isinstance(turn.calls, list) else [turn.calls]
    named = [(tool, args) for each in listed for tool, args in each.items()]
    return tuple(ModelCall(f"k{at}", tool, args) for at, (tool, args) in enumerate(named, 1))


def _plain(turn: Turn) -> Json:
    """Return a turn as it is written in a script, in one form."""
    match turn:
        case AnswersTurn(answers=answer, by=by):
            return {"answers": answer, "by": by}
        case CallsTurn():
            return {"calls": [{call.tool: call.args} for call in _calls(turn)]}
        case FailsTurn(fails=why):
            return {"fails": why}
