"""The shape of a generated workflow: which steps there are and which routes lead from where to where.

Grown from `start` one step at a time. What leads on from the steps so far and has no target yet is an exit; the next
step takes some of the exits in, a fork sends one to several steps and ends in a join, and what is left leads to ends.
"""

from dataclasses import dataclass, field

from generated.dice import Dice

START = "start"
TRIGGERS = ("failure", "timeout", "denied", "expiry", "over budget")


@dataclass(eq=False)
class Edge:
    """A route to be: `mode` is always, when, otherwise or on; `then` is where a used-up bound leads."""

    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    mode: str = "always"
    trigger: str = ""
    merge: str = ""
    needed: int = 1
    times: int = 0
    backtracks: bool = False
    then: str = ""
    style: str = ""
    approval: bool = False
    out: "Edge | None" = None
    """The way out, where it has clauses of its own."""
    reconcile: "Edge | None" = None
    """The route that is taken instead of this one, to the step that reconciles."""

    @property
    def served(self) -> tuple[str, ...]:
        """Where the clauses hold."""
        return self.targets if self.out is not None else self.all_targets

    @property
    def all_targets(self) -> tuple[str, ...]:
        return (*self.targets, self.then) if self.then else self.targets


@dataclass(frozen=True, eq=False)
class Exit:
    """An edge without a target yet; `out`: its way out has none."""

    edge: Edge
    out: bool = False
    also: Edge | None = None
    """The route of the step that reconciles, which leads to the same place."""

    def lead(self, *targets: str) -> None:
        if self.also is not None:
            self.also.targets = targets
        if self.out:
            self.edge.then = targets[0]
        else:
            self.edge.targets = targets


@dataclass
class Skeleton:
    """Steps by name with their kind, ends, edges in the order written, and steps whose routes are tried in order."""

    dice: Dice
    kinds: dict[str, str] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    within: set[str] = field(default_factory=set)
    """Questions, waits for events and workflows inside with a deadline."""
    choice: tuple[str, ...] = ()
    """The kinds of steps that there are, as often as each is to be."""
    budgeted: bool = True
    before: dict[str, frozenset[str]] = field(default_factory=dict)
    """For each step the steps that every forward way to it has passed."""

    def end(self) -> str:
        if self.ends and (len(self.ends) > 3 or self.dice.often(0.5)):
            return self.dice.one(self.ends)
        self.ends.append(f"e{len(self.ends)}")
        return self.ends[-1]

    def kind(self) -> str:
        """Return what kind the next step is: where workflows can be run, the first of all often runs one."""
        if not self.kinds and "run" in self.choice and self.dice.often(0.6):
            return "run"
        return self.dice.one(self.choice)

    def edge(self, *sources: str, mode: str = "always", **more: object) -> Edge:
        made = Edge(sources, mode=mode)
        for name, value in more.items():
            setattr(made, name, value)
        self.edges.append(made)
        return made


KINDS = ("agent", "agent", "call", "call", "call", "ask", "table", "sets", "event", "time")


def grown(dice: Dice, size: int, more: tuple[str, ...] = ()) -> Skeleton:
    """Return the shape of a workflow of about so many steps, `more` of some kinds among them."""
    skeleton = Skeleton(dice, budgeted=dice.often(0.7), choice=(*KINDS, *more))
    if dice.often(0.2):
        exits = [Exit(skeleton.edge(START, mode="when")), Exit(skeleton.edge(START, mode="otherwise"))]
    else:
        exits = [Exit(skeleton.edge(START))]
    left = _grow(skeleton, exits, size, 0)
    for exit in left:
        exit.lead(skeleton.end())
    return skeleton


def _grow(skeleton: Skeleton, exits: list[Exit], size: int, depth: int) -> list[Exit]:
    """Add about `size` steps; return the exits that are left."""
    dice = skeleton.dice
    trail: list[str] = []
    while size > 0 and exits:
        parked = [exit for exit in exits[1:] if dice.often(0.2)]
        going = [exit for exit in exits if exit not in parked]
        if len(going) > 1 and dice.often(0.2):
            leaving = going.pop()
            leaving.lead(skeleton.end())
        if size >= 3 and depth < 2 and dice.often(0.45) and len(going) == 1 and not (going[0].out or going[0].also):
            exits = _fork(skeleton, going[0], size, depth) + parked
            size -= 4
            continue
        name = _step(skeleton, going)
        trail.append(name)
        size -= 1
        exits = _exits(skeleton, name, trail) + parked
    return exits


def _step(skeleton: Skeleton, going: list[Exit], kind: str = "") -> str:
    name = f"s{len(skeleton.kinds)}"
    skeleton.kinds[name] = kind or skeleton.kind()
    passed = [_passed(skeleton, exit.edge) for exit in going]
    skeleton.before[name] = frozenset[str].intersection(*passed)
    if skeleton.kinds[name] in ("ask", "event", "run") and skeleton.dice.often(0.7):
        skeleton.within.add(name)
    for exit in going:
        exit.lead(name)
        if skeleton.dice.often(0.2 if skeleton.kinds[name] in ("agent", "call", "run") else 0.08):
            exit.edge.approval = True
    return name


def _passed(skeleton: Skeleton, edge: Edge) -> frozenset[str]:
    found = [
        skeleton.before.get(s, frozenset()) | ({s} if s != START and edge.mode != "on" else frozenset())
        for s in edge.sources
    ]
    if len(found) == 1 or edge.needed == len(found):
        return frozenset[str]().union(*found)
    return frozenset[str].intersection(*found)


def _exits(skeleton: Skeleton, name: str, trail: list[str]) -> list[Exit]:
    """Return what leads on from a step: its routes, those for when it fails, and perhaps one back."""
    dice = skeleton.dice
    match dice.one(("always", "always", "always", "split", "otherwise", "otherwise", "three", "first", "loose")):
        case "always":
            edges = [skeleton.edge(name)]
        case "split":
            edges = [skeleton.edge(name, mode="when", style="split"), skeleton.edge(name, mode="when", style="split")]
        case "otherwise":
            edges = [skeleton.edge(name, mode="when"), skeleton.edge(name, mode="otherwise")]
        case style:
            edges = [skeleton.edge(name, mode="when", style=style) for _ in range(2)]
            edges.append(skeleton.edge(name, mode="otherwise"))
            if style == "first":
                skeleton.first.append(name)
    back = [place for place in trail if place == name or place in skeleton.before[name]]
    looping: list[Exit] = []
    if edges[0].mode == "when" and edges[0].style != "split" and back and dice.often(0.35):
        edge = edges.pop(0)
        edge.targets, edge.times, edge.backtracks = (dice.one(back),), dice.number(1, 2), dice.often(0.5)
        if dice.often(0.7):
            looping.append(Exit(edge, out=True))
    failing = [skeleton.edge(name, mode="on", trigger=t) for t in _failing(skeleton, name)]
    if failing and back and dice.often(0.15):
        edge = failing.pop(0)
        edge.targets, edge.times, edge.backtracks = (dice.one(back),), dice.number(1, 2), dice.often(0.8)
        looping.append(Exit(edge, out=True))
    return [Exit(edge) for edge in edges] + looping + [Exit(edge) for edge in failing]


def _failing(skeleton: Skeleton, name: str) -> list[str]:
    """Return what may happen to a step and leads somewhere then: nothing that never happens to it."""
    if not skeleton.dice.often(0.6):
        return []
    kind = skeleton.kinds[name]
    timed = name in skeleton.within
    waits = (timed and kind != "run") or any(edge.approval for edge in skeleton.edges if name in edge.all_targets)
    never = {
        "timeout": kind not in ("agent", "call") and not (timed and kind == "run"),
        "denied": kind != "call" and not waits,
        "expiry": not waits,
        "over budget": not skeleton.budgeted,
    }
    return skeleton.dice.some([trigger for trigger in TRIGGERS if not never.get(trigger, False)], 1, 3)


def _fork(skeleton: Skeleton, exit: Exit, size: int, depth: int) -> list[Exit]:
    dice = skeleton.dice
    edge = exit.edge
    heads: list[str] = []
    for _ in range(dice.one((2, 3, 3))):
        heads.append(_step(skeleton, [exit]))
    edge.targets = tuple(heads)
    sources = [_branch(skeleton, head, size // 4, depth) for head in heads]
    needed, merge = len(sources), dice.one(("", "all"))
    if dice.often(0.7):
        some = 2, f"2 of {len(sources)}"
        needed, merge = dice.one(((1, "any"), (1, "first"), some, some))
    if dice.often(0.3):
        return [Exit(skeleton.edge(*sources, mode=mode, merge=merge, needed=needed)) for mode in ("when", "otherwise")]
    if dice.often(0.35):
        differ = skeleton.edge(*sources, mode="when", merge=merge or "all", needed=needed)
        agree = skeleton.edge(*sources, mode="otherwise", merge=merge or "all", needed=needed, reconcile=differ)
        arbiter = _step(skeleton, [Exit(differ)])
        return [Exit(agree, also=skeleton.edge(arbiter))]
    return [Exit(skeleton.edge(*sources, merge=merge, needed=needed))]


def _branch(skeleton: Skeleton, head: str, size: int, depth: int) -> str:
    """Grow a branch from its first step; return the step that arrives at the join."""
    dice = skeleton.dice
    exits = _exits(skeleton, head, [head])
    if size and dice.often(0.6):
        exits = _grow(skeleton, exits, size, depth + 1)
    for exit in exits[1:]:
        if dice.often(0.3):
            exit.lead(skeleton.end())
    exits = [exit for exit in exits if not (exit.edge.then if exit.out else exit.edge.targets)]
    only = exits[0].edge
    if len(exits) == 1 and not exits[0].out and only.mode == "always" and len(only.sources) == 1:
        skeleton.edges.remove(only)
        last = only.sources[0]
    else:
        last = _step(skeleton, exits, dice.one(("sets", *skeleton.choice)))
    if dice.often(0.2):
        skeleton.edge(last, mode="when", targets=(skeleton.end(),))
    return last
