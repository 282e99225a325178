"""The JSON that the command line prints, as types: what its programs are checked against, and the published schemas.

Programs build plain dictionaries of these types; pydantic makes JSON Schemas of them (`formats.schemas`), and is not
needed to print.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from interlock.guard.record import DecisionRecord

Json = Any
Kind = Literal["workflow", "session"]
Status = Literal["running", "waiting", "ended", "failed", "cancelled"]


class Place(TypedDict):
    """A place in a source: lines and columns are counted from 1."""

    file: str
    line: int
    column: int


class RangeJson(Place):
    """A range in a source; its end is the place after its last character."""

    end_line: int
    end_column: int


class LabelJson(RangeJson):
    """A range in a source, and what is said about it."""

    text: str


class EditJson(RangeJson):
    """A range in a source (empty: where text is put in), and the text to put in its place."""

    text: str


class WitnessJson(TypedDict):
    """The values that make a finding happen, by path, and the run that leads there.

    `path` are the routes it takes. `story` and `expects` are lines of a `test` of the workflow: what happens, and what
    to expect; without a workflow there are none.
    """

    values: dict[str, Json]
    workflow: str | None
    path: list[LabelJson]
    story: list[str]
    expects: list[str]


class FindingJson(TypedDict):
    """One diagnostic. The first label is its place. `edits` put it right, where there is one right way."""

    code: str
    severity: Literal["error", "warning", "note"]
    certainty: Literal["proved", "possible", "heuristic", "unknown"]
    page: str
    message: str
    labels: list[LabelJson]
    notes: list[str]
    help: str | None
    witness: WitnessJson | None
    edits: list[EditJson]


class SuppressedJson(TypedDict):
    """A finding that a comment allows, and the reason it gives."""

    finding: FindingJson
    reason: str


class BoundsJson(TypedDict):
    """What a run comes to at most, without undoing: `cost` in millionths of the currency, `time` in microseconds.

    Null is without a bound.
    """

    workflow: str
    steps: int | None
    tool_calls: int | None
    tokens: int | None
    cost: int | None
    time: int | None
    currency: str


class CheckJson(TypedDict):
    """`interlock check --format json`. `errors` and `warnings` count `findings`; `bounds` is there with `--bounds`."""

    version: Literal[1]
    files: list[str]
    errors: int
    warnings: int
    findings: list[FindingJson]
    suppressed: list[SuppressedJson]
    bounds: NotRequired[list[BoundsJson]]


class FailureJson(Place):
    """Why a test failed, and at which line of it."""

    message: str


class TestJson(TypedDict):
    """One test that was run. `seconds` is how long it took."""

    title: str
    workflow: str
    file: str
    line: int
    passed: bool
    seconds: float
    failures: list[FailureJson]


class CoveredJson(TypedDict):
    """A rule of a policy or a route of a workflow: whether some test made it decide something, or took it."""

    kind: Literal["rule", "route"]
    id: str
    workflow: str
    file: str
    line: int
    reached: bool


class TestsJson(TypedDict):
    """`interlock test --format json`; `coverage` with `--coverage`."""

    version: Literal[1]
    tests: int
    failed: int
    results: list[TestJson]
    coverage: NotRequired[list[CoveredJson]]


class ApprovalRequestJson(TypedDict):
    """An approval that a run waits for: of `count` people of a role, for `subject`. `expires` is in microseconds since
    1970, `by` are those who have approved.
    """

    kind: Literal["approval"]
    id: str
    step: str
    role: str
    count: int
    subject: dict[str, Json]
    digest: str
    expires: int | None
    by: list[str]


class QuestionJson(TypedDict):
    """A question to a person that a run waits for. `expires` is in microseconds since 1970."""

    kind: Literal["question"]
    id: str
    step: str
    role: str
    question: str
    context: dict[str, Json]
    expires: int | None


class AwaitedJson(TypedDict):
    """An event that a step of a run waits for. `expires` is in microseconds since 1970."""

    id: str
    step: str
    event: str
    expires: int | None


class RunJson(TypedDict):
    """`--format json` of `run`, `approve`, `deny`, `answer`, `signal`, `resume` and `cancel`: where a run stands."""

    run: str
    status: Status
    end: str
    output: dict[str, Json]
    reason: str
    waiting_for: list[ApprovalRequestJson | QuestionJson]
    awaiting: list[AwaitedJson]
    next_timer: str | None
    entries: int


class AnsweredByJson(TypedDict):
    """Who answers for the models of a run; of a script, the digest of what it says and the file it was read from."""

    kind: Literal["models", "script", "nobody"]
    digest: str
    source: str


class RunLineJson(TypedDict):
    """A run in the list of runs. A session has no workflow."""

    run: str
    kind: Kind
    workflow: str
    status: Status
    detail: str
    started: str
    updated: str
    entries: int
    program: str
    answered_by: AnsweredByJson | None


class PrincipalJson(TypedDict):
    """On whose behalf a run is; `scopes` null is every scope."""

    name: str
    roles: list[str]
    scopes: list[str] | None


class EntryJson(TypedDict):
    """One entry of the journal: its event (see the schema `event`), and the notes that follow from it. `same` says
    whether they are the ones of then.
    """

    sequence: int
    at: str
    event: dict[str, Json]
    notes: list[dict[str, Json]]
    digest: str
    outcome: str
    same: bool


class AuditJson(TypedDict):
    """`interlock show --format json`. `meaning_kept`: this version decides as the one that recorded the run did.

    A session has no workflow and no input, but a `request`; `context` is what the service said of the circumstances.
    """

    version: Literal[1]
    run: str
    kind: Kind
    workflow: str
    program: str
    principal: PrincipalJson
    answered_by: AnsweredByJson | None
    input: dict[str, Json]
    context: dict[str, Json] | None
    request: str
    status: Status
    ended: dict[str, Json] | None
    meaning_kept: bool
    reproduced: bool
    decisions: list[DecisionRecord]
    entries: list[EntryJson]


class ReplayJson(TypedDict):
    """What replaying one run gave: a line of `interlock replay --format json`. A session has no workflow."""

    run: str
    kind: Kind
    workflow: str
    entries: int
    result: Literal["same", "differs", "unknown"]
    entry: NotRequired[int]
    reason: NotRequired[str]


class VerifyJson(TypedDict):
    """`interlock verify --format json`: `entries` are those that hold."""

    holds: bool
    runs: int
    entries: int
    problems: list[str]


class NodeJson(TypedDict):
    """A step, an end or the start of a workflow."""

    id: str
    kind: str
    detail: str
    inside: NotRequired["GraphJson"]


class GrantJson(TypedDict):
    """Scopes that a route hands over, and the condition on the arguments of calls, as it is written."""

    scopes: list[str]
    where: NotRequired[str]


class RouteApprovalJson(TypedDict):
    """The approval that a route needs."""

    role: str
    count: int
    within: NotRequired[str]


class EscalationJson(TypedDict):
    """Whom a route tells, why and when."""

    role: str
    because: str
    on: NotRequired[Literal["expiry"]]
    when: NotRequired[str]


class BackJson(TypedDict):
    """How often a route back may be taken, and where the run goes then."""

    at_most: int
    then: str | None


class RouteJson(TypedDict):
    """A route between steps, with its clauses as they are written."""

    id: str
    sources: list[str]
    targets: list[str]
    merge: NotRequired[str]
    on: NotRequired[str]
    when: NotRequired[str]
    otherwise: NotRequired[Literal[True]]
    grants: NotRequired[list[GrantJson]]
    passes: NotRequired[list[str]]
    approval: NotRequired[RouteApprovalJson]
    escalations: NotRequired[list[EscalationJson]]
    back: NotRequired[BackJson]
    discards: NotRequired[list[str]]
    out: NotRequired["RouteJson"]


class GraphJson(TypedDict):
    """`interlock graph --format json`, for one workflow."""

    workflow: str
    goal: str
    nodes: list[NodeJson]
    routes: list[RouteJson]
