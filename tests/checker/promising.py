"""Generated programs that promise something, and which notes of a run say that a promise is broken."""

from random import Random

from generated.dice import Dice
from generated.expressions import Expressions, reads_of
from generated.programs import checked, clean_program
from interlock.run.protocol.notes import CallDecided, PromiseBroken
from interlock_dsl.cel.types import NULL
from interlock_dsl.program.model import AgentStep, AskStep, EventStep, Program


def broken_by(note: object) -> set[str]:
    """Return the promises that a note says are broken, or that alone deny a call."""
    match note:
        case PromiseBroken(promise=id):
            return {id}
        case CallDecided(decision=decision):
            rules = {reason.rule for reason in decision.reasons}
            return rules if decision.answer == "deny" and all(rule.startswith("w/") for rule in rules) else set()
    return set()


def promising(seed: int) -> tuple[str, Program]:
    """Return a program whose workflow makes promises: of its tools, its answers, its length."""
    random = Random(seed)
    while True:
        text, program, _ = clean_program(random.randrange(10**6))
        dice, workflow = Dice(random), program.workflows["w"]
        tools, ends = list(program.tools) or ["none.none"], list(workflow.ends)
        steps = [
            (step.name, step.data if isinstance(step, EventStep) else step.returns)
            for step in workflow.steps.values()
            if isinstance(step, AgentStep | AskStep) or (isinstance(step, EventStep) and step.data is not None)
        ]
        lines = []
        for _ in range(dice.number(1, 3)):
            tool, other = dice.one(tools), dice.one(tools)
            role = f" by {dice.one(list(program.roles))}" if program.roles and dice.often(0.5) else ""
            lines += [
                dice.one((f"never {tool} before approval{role}", f"never {tool} before {other}")),
                dice.one((f"ends within {dice.number(1, 12)} steps", f"reaches {dice.one(ends)}")),
            ]
            if steps:
                name, output = dice.one(steps)
                reads = [r for r in reads_of(name, output or NULL) if r.path != name]
                lines.append(f"always {Expressions(dice, reads, everywhere=False).boolean(1)}")
        start = text.index("{", text.index("workflow w(")) + 1
        whole = text[:start] + "\n  " + "\n  ".join(dict.fromkeys(lines)) + text[start:]
        made = checked(whole)
        if made is not None:
            return whole, made
