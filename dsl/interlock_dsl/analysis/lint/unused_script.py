"""# unused-script

A line of a test says what a tool returns, and nothing in the test can call that tool. Or the last thing it lets an
agent answer does not fit the step's type: it is refused and asked for again, and the test has no answer left. The
line has no effect, or not the one it seems to have.

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.list() -> { ids: list<string> } { needs orders.read  effect read }

workflow look(id: string) {
  step find calls orders.get(id: id)
  end done { total: find.total }

  start -> find
    grant orders.read
  find -> done
}

test "the total" {   // warning: [unused-script] "nothing in this test calls `orders.list`"
  given id "A1"
  tool orders.list returns { ids: ["A1"] }
  expect ends done
}
```

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }

workflow look(id: string) {
  step find calls orders.get(id: id)
  end done { total: find.total }

  start -> find
    grant orders.read
  find -> done
}

test "the total" {
  given id "A1"
  tool orders.get returns { total: 5 }
  expect ends done { total: 5 }
}
```

Found by comparing the script with what the steps of the workflow and the script itself can call, and with the types of
the steps. Certain; a test that expects the run to fail may well script a wrong answer.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, AskStepFacts
from interlock_dsl.analysis.knowledge.inside import step_at
from interlock_dsl.analysis.rehearsal.scripts import calls
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.program.cases import Test
from interlock_dsl.program.paths import without_rows, written
from interlock_dsl.schema import ValidationError, decode

CODE = "unused-script"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the scripted replies of tools that nothing calls, and last answers that do not fit."""
    for test in program.facts.tests:
        workflow = program.facts.workflows.get(test.workflow)
        possible = calls(test, workflow, program.facts)
        for tool in dict.fromkeys((*test.tools, *test.tools_at)):
            if tool not in possible:
                message = f"nothing in this test calls `{tool}`, so what it returns does not matter"
                yield diagnose(CODE, message, test.span, help="remove the line, or name the tool that is called")
        if workflow is None or any(act.kind == "fails" for act in test.acts):
            continue
        for step, problem in _misfits(test, program):
            message = f"the last answer of `{step}` does not fit, and is refused: {problem}"
            yield diagnose(CODE, message, test.span, help=f"correct it, or add a line in which `{step}` answers again")


def _misfits(test: Test, program: Examined) -> Iterator[tuple[str, str]]:
    last = {step: answers[-1] for step, answers in test.persons.items()}
    last |= {
        step: turns[-1].value for step, turns in test.agents.items() if turns[-1].tool is None and not turns[-1].failed
    }
    for step, value in last.items():
        facts = step_at(program.facts.workflows[test.workflow], program.facts, without_rows(written(step)))
        if isinstance(facts, AgentStepFacts | AskStepFacts):
            try:
                decode(facts.returns, value)
            except ValidationError as invalid:
                yield step, invalid.problems[0].removeprefix("value: ")
