"""What a run needs from the project: the functions behind its tools, and who answers for its models."""

import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError
from interlock_cli.journal import shown

if TYPE_CHECKING:
    from interlock.runtime.adapter import Models
    from interlock.runtime.answers import Answers
    from interlock.runtime.toolbox import Toolbox
    from interlock_cli.run_options import RunOptions
    from interlock_dsl.program.model import Workflow


def toolbox(path: Path | None) -> "Toolbox":
    """Return the `toolbox` of a Python file; an empty one where there is no file.

    Raises CommandError if the file is not there, fails when it is loaded, or defines none.
    """
    from interlock.runtime.toolbox import Toolbox

    if path is None:
        return Toolbox()
    found: object = getattr(_module(path), "toolbox", None)
    if not isinstance(found, Toolbox):
        raise CommandError(
            f"`{shown(path)}` defines no `toolbox`", "write `toolbox = Toolbox()` and `@toolbox.tool(...)`"
        )
    return found


def _module(path: Path) -> ModuleType:
    """Load a file as Python does a script: what stands beside it can be imported."""
    if not path.is_file():
        raise CommandError(
            f"there is no file `{shown(path)}`", "`--tools` or `tools` in interlock.toml names the tools' file"
        )
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CommandError(f"`{shown(path)}` is not a Python file", "`tools` names a file that ends in .py")
    module = module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise CommandError(f"`{shown(path)}` cannot be loaded: {_what(error)}", _where(error, path)) from error
    return module


def _what(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} at line {error.lineno}"
    return f"{type(error).__name__}: {error}"


def _where(error: BaseException, path: Path) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install `{error.name}`, or take it out of the file"
    here = path.resolve()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).resolve() == here]
    return f"it happened at {shown(path)}:{frames[-1].lineno}" if frames else ""


def answers(path: Path) -> "Answers":
    """Return the recorded answers of a YAML or JSON file. Raises CommandError if they cannot be read."""
    import yaml

    from interlock.errors import InvalidInput
    from interlock.runtime.answers import Answers
    from interlock_cli.inputs import yaml_problem

    try:
        script: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise CommandError(f"cannot read the answers `{shown(path)}`: {said}", "`--answers FILE` names them") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"`{shown(path)}` is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise CommandError(f"`{shown(path)}` is not valid YAML: {yaml_problem(error)}") from error
    if not isinstance(script, Mapping):
        raise CommandError(
            f"`{shown(path)}` holds no answers", "write `step: {answers: {...}}` for each step of an agent"
        )
    try:
        return Answers(script)
    except InvalidInput as error:
        raise CommandError(f"`{shown(path)}`: {error}") from error


def models(options: "RunOptions") -> "Models":
    """Return who answers for the models: recorded answers, or the models themselves where the command line says so.

    Raises CommandError if a run would need either and there is neither.
    """
    from interlock.runtime.answers import Answers

    if not (options.live):
        path = options.answers or options.project.answers
        return Answers({}) if path is None else answers(path)
    try:
        from interlock.runtime.models import LanguageModels
    except ImportError as error:
        raise CommandError(str(error), "without `--live`, recorded answers stand in for the models") from error
    return LanguageModels(aliases(options.models, options.project.models), prices=options.project.prices)


def require_answers(options: "RunOptions", workflow: "Workflow") -> None:
    """Raise CommandError if a workflow has models to ask, and neither they nor anything in their place is there."""
    from interlock_dsl.program.model import AgentStep

    agents = [step for step in workflow.steps.values() if isinstance(step, AgentStep)]
    if not agents:
        return
    if not options.live:
        if not (options.answers or options.project.answers):
            steps = ", ".join(f"`{step.name}`" for step in agents)
            help = "write answers.yaml (`step: {answers: {...}}` for each), or ask the models with `--live`"
            raise CommandError(f"nothing answers for the models at {steps}", help)
        return
    known = aliases(options.models, options.project.models)
    for step in agents:
        model = step.agent.model
        if model not in known and ":" not in model:
            raise CommandError(
                f"nothing says which model `{model}` is, which the agent `{step.agent.name}` names",
                f'`[models]` and below it `{model} = "provider:model"` in interlock.toml, or '
                f"`--model {model}=provider:model`",
            )


def aliases(given: Sequence[str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return what each model's name stands for: the project's settings, and `--model NAME=PROVIDER:MODEL` over them."""
    found = dict(settings)
    for each in given:
        name, equals, model = each.partition("=")
        if not (name and equals and ":" in model):
            raise CommandError(
                f"`--model {each}` does not say what `{name}` stands for", "write `small=openai:gpt-5-mini`"
            )
        found[name] = model
    return found
