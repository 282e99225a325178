"""What a run has used of its budget, on one line."""

from dataclasses import dataclass

from rich.text import Text

from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import Event, ModelFailed, ModelReplied
from interlock.run.protocol.notes import RunEnded, StepBegan
from interlock_cli.present.quantity import duration, money
from interlock_cli.recorded_run import RecordedRun
from interlock_dsl.program.model import Budget, fan_out
from interlock_dsl.program.paths import step_at

TIGHT = 0.8


@dataclass
class Spent:
    """What was used: cost in millionths of the currency, time in microseconds."""

    steps: int = 0
    tool_calls: int = 0
    tokens: int = 0
    cost: int = 0
    time: int = 0


def spent(recorded: RecordedRun) -> Spent:
    """Add up what a run has used so far."""
    ended = [each.event.at for each in recorded.entries if any(isinstance(note, RunEnded) for note in each.notes)]
    total = Spent(time=(ended or [recorded.entries[-1].event.at])[0] - recorded.started.at)
    for moment in recorded.entries:
        tokens, cost = _used(moment.event)
        total.tokens += tokens
        total.cost += cost
        for note in moment.notes:
            if isinstance(note, StepBegan) and _is_charged(note.step, recorded):
                total.steps += 1
    # A call that is asked for again after a stop has the same id, and was charged once.
    calls = {
        each.id: each.tool for moment in recorded.entries for each in moment.commands if isinstance(each, CallTool)
    }
    total.tool_calls = len(calls)
    total.cost += sum(recorded.program.tools[tool].cost for tool in calls.values())
    return total


def _is_charged(path: str, recorded: RecordedRun) -> bool:
    """Say whether entering what a note names is charged: an end is not, and of a fan-out the rows are."""
    step = step_at(recorded.program, recorded.workflow.name, path)
    return step is not None and (fan_out(step) is None or path.endswith("]"))


def _used(event: Event) -> tuple[int, int]:
    return (event.usage.tokens, event.usage.cost) if isinstance(event, ModelReplied | ModelFailed) else (0, 0)


def spending(used: Spent, budget: Budget) -> Text:
    """Return how much was used of each limit; what is nearly used up stands out."""
    parts = [
        _part("steps", used.steps, budget.steps, f"{used.steps:,}", f"{budget.steps or 0:,}"),
        _part("calls", used.tool_calls, budget.tool_calls, f"{used.tool_calls:,}", f"{budget.tool_calls or 0:,}"),
        _part("tokens", used.tokens, budget.tokens, f"{used.tokens:,}", f"{budget.tokens or 0:,}"),
        _part("cost", used.cost, budget.cost, money(used.cost, "").strip(), money(budget.cost or 0, budget.currency)),
        _part("time", used.time, budget.time, duration(used.time), duration(budget.time or 0)),
    ]
    return Text("   ").join(parts)


def _part(name: str, used: int, limit: int | None, said: str, most: str) -> Text:
    text = Text.assemble((f"{name} ", "quiet"))
    text.append(said, "wait" if limit is not None and used >= TIGHT * limit else "")
    return text.append(f"/{most}", "quiet") if limit is not None else text
