"""# timeout-beyond-run

A tool or an agent may take longer than the whole run: the run's `time` is over first, so its timeout is never reached,
and its `on timeout` and `on failure` routes are not taken. Give it less time, or the run more.

```ilk
tool ci.build(version: string) {
  needs ci.run
  effect write
  timeout 2d   // warning: [timeout-beyond-run] "may take 2d, but a run of `release` is over after 1d"
}

workflow release(version: string) {
  budget { time 1d }

  step build calls ci.build(version: version)
  end done

  start -> build
    grant ci.run
  build -> done
}
```

```ilk
tool ci.build(version: string) {
  needs ci.run
  effect write
  timeout 2h
}

workflow release(version: string) {
  budget { time 1d }

  step build calls ci.build(version: version)
  end done

  start -> build
    grant ci.run
  build -> done
}
```

Found by comparing the timeouts of the tools that a workflow's steps call, and of its agents, with its `time`: one
attempt, and all attempts with the waits between them. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.consumption import models_of
from interlock_dsl.analysis.knowledge.quantities import duration_words
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.tree import AgentDecl, Retry, ToolDecl


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the timeouts, alone or of all attempts together, that lie behind the end of the run."""
    for workflow in program.facts.workflows.values():
        budget = workflow.decl.budget
        if budget is None or budget.time is None:
            continue
        name, most = workflow.decl.name.text, duration_words(budget.time.micros)
        beyond = [
            (what, decl.timeout, decl.retry, _models(decl))
            for what, decl in dict.fromkeys(_used(workflow, program))
            if decl.timeout is not None
            and attempts(decl.timeout.micros, decl.retry) * _models(decl) > budget.time.micros
        ]
        for what, timeout, retry, models in beyond if len(beyond) == 1 else ():
            alone = timeout.micros > budget.time.micros
            longest = timeout.micros if alone else attempts(timeout.micros, retry) * models
            yield diagnose(
                "timeout-beyond-run",
                f"{what} may take {duration_words(longest)}{'' if alone else ' with its retries'}, "
                f"but a run of `{name}` is over after {most}",
                timeout.span,
                "",
                Label(budget.time.span, "the time of the run"),
                help="make it shorter, or the `time` of the run longer",
            )
        if len(beyond) > 1:
            yield diagnose(
                "timeout-beyond-run",
                f"a run of `{name}` is over after {most}, before {len(beyond)} of its timeouts",
                budget.time.span,
                "",
                *(Label(timeout.span, f"{what} may take longer") for what, timeout, *_ in beyond),
                help="make it longer, or the timeouts shorter",
            )


def attempts(timeout: int, retry: Retry | None) -> int:
    """Return the longest that all attempts can take, with the waits between them, in microseconds."""
    if retry is None:
        return timeout
    wait = 0 if retry.first is None else retry.first.micros
    most = wait if retry.most is None else max(wait, retry.most.micros)
    left, waits = retry.times, 0
    while left and 0 < wait < most:
        left, waits, wait = left - 1, waits + wait, wait * 2
    return timeout * (retry.times + 1) + waits + left * most


def _models(decl: ToolDecl | AgentDecl) -> int:
    return models_of(decl) if isinstance(decl, AgentDecl) else 1


def _used(workflow: WorkflowFacts, program: Examined) -> Iterator[tuple[str, ToolDecl | AgentDecl]]:
    for step in workflow.steps.values():
        if isinstance(step, CallStepFacts):
            decl = program.facts.tools[step.call.tool].decl
            if decl is not None:
                yield f"a call of `{decl.name.text}`", decl
        elif isinstance(step, AgentStepFacts):
            agent = program.facts.agents[step.decl.agent.text]
            yield f"an attempt of `{agent.name.text}`", agent
