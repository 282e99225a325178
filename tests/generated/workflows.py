"""A workflow as text: a skeleton filled in with steps, conditions, grants, approvals and what else routes carry."""

from generated.contents import Contents
from generated.declarations import Declared
from generated.dice import Dice
from generated.expressions import reads_perhaps
from generated.policies import workflow_rules
from generated.promises import Promises
from generated.route_texts import RouteTexts
from generated.step_texts import StepTexts
from generated.typed import fields_text, record
from interlock_dsl.cel.types import RecordType


def workflow_text(contents: Contents, name: str = "w") -> str:
    """Decide what every step is, and write the workflow."""
    contents.fill()
    dice, skeleton = contents.dice, contents.skeleton
    writer = StepTexts(contents)
    steps = [writer.step_text(step) for step in skeleton.kinds]
    ends = [writer.end_text(end) for end in skeleton.ends]
    routes = RouteTexts(contents).route_texts()
    modes = [f"routes {step} first" for step in skeleton.first]
    outputs = {step: contents.stuff[step].output for step in skeleton.kinds}
    promises = Promises(dice, contents.made, skeleton, contents.parameters, outputs).texts()
    if (name != "w" or contents.inner) and dice.often(0.6):
        promises = []  # most of them speak against what runs do inside
    written = [read for step, output in outputs.items() for read in reads_perhaps(step, output)]
    written = [read for read in written if not isinstance(read.type, RecordType)]
    promises += workflow_rules(dice, contents.made, written)
    head = ['goal "see it through"'] if dice.often(0.5) else []
    if contents.granted and dice.often(0.3):
        head.append(f"may {', '.join(sorted(contents.granted))}")
    items = [*head, *_budget(contents), *steps, *ends, *routes, *modes, *promises]
    return f"workflow {name}({fields_text(contents.parameters, dice)}) {{\n  " + "\n  ".join(items) + "\n}"


def _budget(contents: Contents) -> list[str]:
    dice, skeleton = contents.dice, contents.skeleton
    if not skeleton.budgeted:
        return []
    several = [
        f"steps {max(1, len(skeleton.kinds) + dice.number(-1, 4))}",
        f"tool_calls {len(skeleton.kinds) + dice.number(-2, 3)}" if len(skeleton.kinds) > 3 else "",
        f"tokens {dice.one((500, 3_000, 20_000))}",
        f"cost {dice.one(('2.00', '5.00', '0.60'))} usd",
        f"time {dice.one(('1h', '8h', '2d'))}",
    ]
    chosen = [limit for limit in several if limit and dice.often(0.5)] or several[:1]
    return [f"budget {{ {'  '.join(chosen)} }}"]


def parameters(dice: Dice, made: Declared) -> RecordType:
    """Return a workflow's input. Only records may be absent."""
    made_of = record(dice, made.named, 1)
    renamed = {}
    for name, held in made_of.fields.items():
        optional = isinstance(held.type, RecordType) and dice.often(0.5)
        renamed[f"in_{name}"] = type(held)(held.type, optional)
    return RecordType("", renamed)
