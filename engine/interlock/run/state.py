"""The state of one run: what the events so far amount to. Nothing here decides anything."""

from collections import deque
from typing import Final, Literal

from interlock.decide import History, Principal
from interlock.run.moves import Move, Undoing
from interlock.run.parts import Call, Ending, Frame, Owner, Performed, Phase, Signal
from interlock.run.plan import Plan
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import Cancel, Command, SetTimer
from interlock.run.protocol.events import Event, Json
from interlock.run.protocol.notes import Ignored, Note
from interlock_dsl.cel.meter import Meter

LATEST: Final = 253_402_300_799_999_999
"""The last moment that conditions can read (in microseconds, the end of the year 9999): the time of runs ends there."""


class Run:
    """Everything about one run. `root` is the frame of its own workflow, there as soon as it has begun.

    `held` is the size of all values in its frames. `open` holds what was asked of the world and not answered, with who
    waits for it (None: the run itself), in the order of asking. `orphans` are calls that nobody waits for and that must
    come back before the run may end. `performed` counts the calls that changed the world; `done` are those that are not
    undone, `undoings` what is being undone while the run goes on. `stuck` is what was done, or may have been, and was
    not undone though it was to be; `remade` are idempotency keys of calls that were undone, and of those that undid
    them; `effects` counts the calls that stand under a key, which are one call. `kept` are events that no step has
    taken so far, of `signals` that came, `keys` the names and keys of those with a key. `idle` are workflows inside in
    which nothing was left under way. `notes`, `commands` and `agenda` belong to the event at hand; so do `subject`,
    what it is about, and `cause`, the event's class until the subject has changed its phase.
    """

    __slots__ = (
        "agenda", "asked", "cause", "commands", "done", "doubts", "effects", "ending", "held", "history", "id", "idle",
        "kept", "keys", "left_over", "meter", "notes", "now", "open", "orphans", "performed", "phase", "plan",
        "principal", "remade", "root", "signals", "stuck", "subject", "undoings",
    )  # fmt: skip

    root: Frame

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.phase: Phase = "new"
        self.id = ""
        self.principal = Principal()
        self.now = 0
        self.history = History("", started=0)
        self.meter = Meter()
        self.held = 0
        self.idle: list[Frame] = []
        self.open: dict[str, tuple[Owner, Command]] = {}
        self.done: list[Performed] = []
        self.performed = 0
        self.undoings: list[Undoing] = []
        self.stuck: list[Performed] = []
        self.remade: set[str] = set()
        self.effects: dict[str, int] = {}
        self.orphans: dict[str, Call] = {}
        self.doubts: list[str] = []
        self.left_over: list[str] = []
        self.signals = 0
        self.kept: list[Signal] = []
        self.keys: set[tuple[str, str]] = set()
        self.asked = 0
        self.ending: Ending | None = None
        self.cause: type[Event] | None = None
        self.subject: Owner = None
        self.notes: list[Note] = []
        self.commands: list[Command] = []
        self.agenda: deque[Move] = deque()

    def new_id(self, kind: str) -> str:
        """Return the id of the next command: a letter for its kind and the run's own count."""
        self.asked += 1
        return f"{kind}{self.asked}"

    def ask(self, owner: Owner, command: Command) -> None:
        """Approval something of the world, to be answered to `owner`."""
        self.open[command.id] = owner, command
        self.commands.append(command)

    def set_timer(self, owner: Owner, at: int, purpose: Literal["retry", "expiry", "deadline", "wait"]) -> str:
        """Have `owner` told at a moment; return the timer's id."""
        id = self.new_id("t")
        self.ask(owner, SetTimer(id, min(at, LATEST), purpose))
        return id

    def cancel(self, id: str) -> None:
        """Call off what was asked under an id, if it is still open."""
        if id in self.open:
            del self.open[id]
            self.commands.append(Cancel(self.new_id("x"), id))

    def record(self, frame: Frame, name: str, value: object, shown: Json, size: int) -> None:
        """Write a parameter or a step's output; `size` is that of what is shown."""
        frame.values[name] = value
        frame.shown[name] = shown
        self.held += size - frame.sizes.get(name, 0)
        frame.sizes[name] = size

    def forget(self, frame: Frame, name: str) -> None:
        """Discard a step's output, if it has one: it is absent again."""
        if name not in frame.shown:
            return
        del frame.shown[name]
        self.held -= frame.sizes.pop(name)
        if name in frame.plan.records:
            frame.values[name] = {}
        else:
            del frame.values[name]

    def ignore(self, code: WhyIgnored, reason: str) -> None:
        """Say that the event changes nothing, and why. Handlers do so before they change anything."""
        self.notes.append(Ignored(code, reason))
