"""What is read as `failure`: the step, what happened, and no more of what was said than a model is shown."""

from interlock.run.protocol.commands import AskModel
from interlock.run.protocol.events import ToolFailed
from run.texts import HEAD
from run.world import World

TOOLS = """
tool orders.get(id: string max 20) -> { total: int in 0..1_000 } { needs orders.read  effect read }
agent clerk { model "small" }
"""
ASKS = """
  step ask by clerk { task "say what to do"  returns { ok: bool } }
  end done
  start -> work
    grant orders.read
  work -> done
  work -> ask on failure
    pass failure
  ask -> done
"""
STEP = f"{TOOLS} workflow w(id: string max 20) {{ step work calls orders.get(id: id) {ASKS} }}"
ROWS = f"""{TOOLS}
workflow w(id: string max 20) {{ step work calls orders.get(id: one) for each one in [id] max 1 {ASKS} }}
"""
INNER = f"""{TOOLS}
workflow w(id: string max 20) {{ step work runs inner(id: id) {ASKS} }}
workflow inner(id: string max 20) {{
  step look calls orders.get(id: id)
  end found
  start -> look
    grant orders.read
  look -> found
}}
"""


def shown(text: str) -> str:
    """Return what a model is shown of a call that raised an exception."""
    world = World(text, {"id": "A1"})
    world.feed(ToolFailed(world.now, world.call("orders.get").id, "error", "down", 500, raised="password=x"))
    failure = world.the(AskModel).context["failure"]
    assert isinstance(failure, dict)
    assert (failure["step"], failure["kind"], failure["attempts"]) == ("work", "failure", 1)
    assert "password" not in str(failure)
    return str(failure["message"])


def test_a_model_is_shown_what_the_tool_said_and_not_what_it_raised() -> None:
    assert shown(STEP) == "orders.get failed: down"


def test_nor_is_it_of_a_row() -> None:
    assert shown(ROWS) == "row 0 failed: orders.get failed: down"


def test_nor_of_a_workflow_inside() -> None:
    assert shown(INNER) == "`inner` was given up: step `look` failed (failure): orders.get failed: down"


BESIDE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step work runs inner(id: id)
  step ask asks boss { question "go on?"  returns { ok: bool } }
  end done
  end gone gives up { because "the boss said no" }
  start -> work, ask
    grant pay.write, mail.send
  ask -> gone when !ask.ok
  work, ask -> done
}
workflow inner(id: string max 20) {
  step first calls pay.issue(id: id, amount: 10)
  step second calls pay.issue(id: id + "-b", amount: 20)
  step tell calls mail.send(text: "done")
  end paid
  start -> first grant pay.write
  first -> second grant pay.write
  second -> tell grant mail.send
  tell -> paid
}
"""
)


def test_an_end_that_gives_up_undoes_what_a_workflow_inside_was_undoing() -> None:
    world = World(BESIDE, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.returns("pay.issue", {"id": "R2"})
    world.fails("mail.send")
    assert world.call("pay.void").args == {"receipt": "R2"}
    world.person({"ok": False})
    world.returns("pay.void")
    assert world.call("pay.void").args == {"receipt": "R1"}
    world.returns("pay.void")
    assert (world.finished.status, world.finished.end) == ("failed", "gone")
    assert world.finished.reason.startswith("the boss said no")
