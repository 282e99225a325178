"""Who answers for the models of a run: a script of answers, the models themselves, or nobody; and what a journal says.

A run goes on as it was started. Anything else must be said on the command line, and `--change-answers` with it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError
from interlock_cli.journal import shown
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.run.protocol.events import AnsweredBy
    from interlock.runtime.adapter import Models
    from interlock.runtime.answers import Answers
    from interlock_dsl.program.model import Program, Workflow

HELP_ANSWERS = "`--answers FILE` names them"


def answering(options: RunOptions, recorded: "AnsweredBy | None" = None) -> "tuple[Models, AnsweredBy]":
    """Return who answers, and what is recorded of it.

    What the command line names comes first, then what is `recorded` of a run, then the project's answers. Raises
    CommandError if the answers cannot be read, or the models not be asked.
    """
    if options.live:
        return _models(options)
    if options.answers is not None:
        return _script(options.answers, options)
    if recorded is not None and not options.change_answers:
        return _as_recorded(options, recorded)
    path = options.project.answers
    return _nobody() if path is None else _script(path, options)


def _as_recorded(options: RunOptions, recorded: "AnsweredBy") -> "tuple[Models, AnsweredBy]":
    match recorded.kind:
        case "models":
            return _models(options)
        case "nobody":
            return _nobody()
        case _:
            return _script(options.project.root / recorded.source, options)


def _nobody() -> "tuple[Models, AnsweredBy]":
    from interlock.run.protocol.events import AnsweredBy
    from interlock.runtime.answers import Answers

    return Answers({}), AnsweredBy("nobody")


def _script(path: Path, options: RunOptions) -> "tuple[Models, AnsweredBy]":
    script = answers(path)
    return script, script.answered_by(options.project.shown(path.absolute()))


def _models(options: RunOptions) -> "tuple[Models, AnsweredBy]":
    from interlock.run.protocol.events import AnsweredBy

    try:
        from interlock.runtime.models import LanguageModels
    except ImportError as error:
        raise CommandError(str(error), "without `--live`, recorded answers stand in for the models") from error
    asked = LanguageModels(aliases(options.models, options.project.models), prices=options.project.prices)
    return asked, AnsweredBy("models")


def answers(path: Path) -> "Answers":
    """Return the recorded answers of a YAML or JSON file. Raises CommandError if they cannot be read."""
    from interlock.errors import InvalidInput
    from interlock.runtime.answers import Answers
    from interlock_cli.documents import yaml_document
    from interlock_cli.text_files import MOST_DATA, read_text

    name = f"`{shown(path)}`"
    script = yaml_document(read_text(path, MOST_DATA, f"the answers {name}", HELP_ANSWERS), name)
    if not isinstance(script, Mapping):
        raise CommandError(f"{name} holds no answers", "write `step: {answers: {...}}` for each step of an agent")
    try:
        return Answers(script)
    except InvalidInput as error:
        raise CommandError(f"{name}: {error}") from error


def require_answers(options: RunOptions, program: "Program", workflow: "Workflow") -> None:
    """Raise CommandError if a workflow has models to ask, and neither they nor anything in their place is there."""
    from interlock_dsl.program.model import AgentStep
    from interlock_dsl.program.paths import workflows_in

    every = [step for each in workflows_in(program, workflow.name) for step in each.steps.values()]
    agents = [step for step in every if isinstance(step, AgentStep)]
    if not agents:
        return
    if not options.live:
        if not (options.answers or options.project.answers):
            steps = ", ".join(f"`{step.name}`" for step in agents)
            help = "write answers.yaml (`step: {answers: {...}}` for each), or ask the models with `--live`"
            raise CommandError(f"nothing answers for the models at {steps}", help)
        return
    known = aliases(options.models, options.project.models)
    for agent, model in ((step.agent, model) for step in agents for model in step.agent.models):
        if not model:
            help = 'write `model "..."` in its declaration'
            raise CommandError(f"the agent `{agent.name}` names no model", help)
        if model not in known and ":" not in model:
            raise CommandError(
                f"nothing says which model `{model}` is, which the agent `{agent.name}` names",
                f'`[models]` and below it `{model} = "provider:model"` in interlock.toml, or '
                f"`--model {model}=provider:model`",
            )


def aliases(given: Sequence[str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return what each model's name stands for: the project's settings, and `--model NAME=PROVIDER:MODEL` over them."""
    found = dict(settings)
    for each in given:
        name, equals, model = each.partition("=")
        if not (name and equals and ":" in model):
            help = "write `small=openai:gpt-5-mini`"
            raise CommandError(f"`--model {each}` does not say what `{name}` stands for", help)
        found[name] = model
    return found
