"""May this agent make this call? The one public way to ask, for whoever decides without a run.

    authorizer = Authorizer(program)
    history = History("chat-17", started=now)
    decision = authorizer.decide(
        "orders.get", {"order_id": "A1"}, agent="clerk", principal=Principal("ann"), now=now, history=history
    )
    if decision.answer == "allow":
        ...                                    # perform it, then:
        history.record("orders.get", now, agent="clerk")

Raw arguments go in: they are decoded by the tool's declaration, or the call is denied. Nothing that a decision rests on
has a default, so nothing can be left out by accident: nobody in particular is written as `principal=None`, and a call
that no agent makes as `agent=None`. A workflow's calls are decided by the same evaluator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from interlock.decide.decision import Decision, Reason
from interlock.decide.evaluator import Evaluator
from interlock.decide.history import History
from interlock.decide.request import Consent, Principal, Request, decode_arguments, decode_context
from interlock.errors import abridged
from interlock_dsl.cel.values import INT_HIGH, Timestamp
from interlock_dsl.program.model import Program, Tool
from interlock_dsl.schema import encode
from interlock_dsl.schema.canonical import digest
from interlock_dsl.schema.person import normalised

LATEST: Final = INT_HIGH // 1_000
"""The last moment (microseconds since 1970) that a condition can read."""

_NOBODY: Final = Principal()


class Authorizer:
    """Decides single calls under the policies of one program. Built once; holds no state of any session.

    Raises TypeError for what is no program.
    """

    def __init__(self, program: Program) -> None:
        if not isinstance(program, Program):
            raise TypeError(f"expected a program, as `compile_file` gives it, got {abridged(program)}")
        self._evaluator = Evaluator(program)
        self._tools = program.tools
        self._context = program.context
        self._may = {name: agent.may for name, agent in program.agents.items()}

    def decide(
        self,
        tool: str,
        raw_args: object,
        *,
        agent: str | None,
        principal: Principal | None,
        now: int,
        history: History,
        approvals: Sequence[Consent] = (),
        context: Mapping[str, object] | None = None,
    ) -> Decision:
        """Return the decision on one call, with every reason that determines it.

        `raw_args` is what JSON decodes to, as a model or a client sent it. `agent` is a declared agent, or None for a
        call that no agent makes. `principal` is on whose behalf it is made, or None for nobody in particular. `now` is
        microseconds since 1970. `history` holds the calls that the session has performed. `approvals` are those given:
        each counts for exactly one `Decision.subject`, so only for this tool with these arguments, asked for by this
        agent and principal in this session. `context` is what the program declares as `context`, as JSON decodes to;
        without it, no condition that reads it has a value. A call under a limit that holds beyond one run or session is
        denied: how much of it is used is known to runs, and to the sessions of a guard.

        An agent never goes beyond the scopes it `may` hold, nor beyond those of the principal, whatever is permitted.
        Names of people are compared in their normalised form (`interlock_dsl.schema.person`), which is also what
        conditions read. An unknown tool or agent and arguments that the declaration does not allow are denials.

        Raises TypeError or ValueError for parts of the question that the caller is to blame for: a `now` that is no
        moment, a history that is none, a context that does not fit, a name that holds what nobody can see.
        """
        _check(now, history)
        _check_people(principal, approvals)
        who = _NOBODY if principal is None else _normalised(principal)
        found = called(self._tools, self._may, tool, agent, who.scopes, self._evaluator)
        if isinstance(found, Decision):
            return found
        declared, lacking = found
        values, problem = decode_arguments(declared, raw_args)
        history.now = now
        bindings = policy_bindings(who, now, history)
        if context is not None:
            self._add_context(bindings, context)
        if not (problem or lacking or approvals):
            known = self._evaluator.memoized(tool, agent or "", values, bindings, history)
            if (
                known is not None
                and known.answer != "ask"
                and not known.claims
                and _counted_elsewhere(declared) is None
            ):
                return known
        request = Request(
            tool=declared.name,
            args=values,
            agent=agent or "",
            problem=problem,
            principal=who,
            history=history,
            now=now,
            bindings=bindings,
            consents=tuple(replace(given, by=tuple(map(_name, given.by))) for given in approvals),
            lacking=lacking,
        )
        if request.consents:
            request.subject = _subject(declared, request)
        return self._known_here(self._evaluator.authorize(request), declared, request)

    def _known_here(self, decision: Decision, declared: Tool, request: Request) -> Decision:
        """Return a decision with its subject; a denial where it needs to know what is used beyond this session."""
        if decision.answer == "ask":
            return replace(decision, subject=request.subject or _subject(declared, request))
        counted = _counted_elsewhere(declared)
        if counted is not None and decision.answer == "allow":
            return replace(decision, answer="deny", reasons=(counted,), claims=())
        if decision.claims:
            because = "what is used of it beyond this session is not known here; a run or a session of a guard knows"
            return self._evaluator.refused([claim.limit for claim in decision.claims], because, decision)
        return decision

    def _add_context(self, bindings: dict[str, object], given: Mapping[str, object]) -> None:
        values, problem = decode_context(self._context, given)
        if problem:
            raise ValueError(f"`context`: {problem}")
        if values is not None:
            bindings["context"] = values

    def listed(self, *, agent: str | None, principal: Principal | None) -> tuple[str, ...]:
        """Return the tools worth offering to an agent: for some arguments a call could be allowed, or asked for.

        A tool that is not listed is denied whatever its arguments are. An unknown agent is offered none.
        """
        _check_people(principal)
        if agent is not None and agent not in self._may:
            return ()
        held = None if principal is None else principal.scopes
        may = None if agent is None else self._may[agent]
        return self._evaluator.listed(agent or "", None, within_scopes(self._tools, may, held))


def _counted_elsewhere(tool: Tool) -> Reason | None:
    """Return why a call of a tool is denied whose attempts are counted over all sessions; None for any other."""
    if tool.rate is None and tool.breaker is None:
        return None
    what = "rate" if tool.rate is not None else "breaker"
    text = f"how the {what} of {tool.name} stands is not known here; a run or a session of a guard knows"
    return Reason("rate" if tool.rate is not None else "breaker", text, span=tool.span)


_name = lru_cache(4096)(normalised)


def _normalised(principal: Principal) -> Principal:
    name = _name(principal.name)
    return principal if name == principal.name else replace(principal, name=name)


def _check(now: object, history: object) -> None:
    if type(now) is not int:
        raise TypeError(f"`now`: expected microseconds since 1970, got {abridged(now)}")
    if not 0 <= now <= LATEST:
        raise ValueError(f"`now`: expected microseconds since 1970, at most {LATEST}, got {now}")
    if not isinstance(history, History):
        raise TypeError(f"`history`: expected a History, got {abridged(history)}")


def _check_people(principal: object, approvals: Sequence[object] = ()) -> None:
    if not (principal is None or isinstance(principal, Principal)):
        raise TypeError(f"`principal`: expected a Principal or None, got {abridged(principal)}")
    for given in approvals:
        if not isinstance(given, Consent):
            raise TypeError(f"`approvals`: expected Consents, got {abridged(given)}")


def _shown(name: object) -> str:
    return ascii(name)[1:-1][:80] if isinstance(name, str) else type(name).__name__


def called(
    tools: Mapping[str, Tool],
    may: Mapping[str, frozenset[str]],
    tool: str,
    agent: str | None,
    held: frozenset[str] | None,
    evaluator: Evaluator,
) -> tuple[Tool, frozenset[str]] | Decision:
    """Return the tool of a call under policies alone, with the scopes it needs beyond those of the agent and the
    principal; the call's denial where tool or agent are unknown.

    `may` are the scopes that each agent may hold, `held` those of the principal; `evaluator` says what is hidden of a
    call by an unknown agent.
    """
    declared = tools.get(tool) if isinstance(tool, str) else None
    if declared is None:
        return Decision("deny", (Reason("unknown-tool", f"there is no tool `{_shown(tool)}`"),))
    ceiling = None if agent is None else may.get(agent) if isinstance(agent, str) else None
    if agent is not None and ceiling is None:
        return evaluator.undecided(declared.name, Reason("unknown-agent", f"there is no agent `{_shown(agent)}`"))
    return declared, _beyond(declared, ceiling, held)


def within_scopes(tools: Mapping[str, Tool], *ceilings: frozenset[str] | None) -> list[str]:
    """Return the tools that need no scope beyond several sets of them; None is every scope."""
    return [name for name, tool in tools.items() if not _beyond(tool, *ceilings)]


def _beyond(tool: Tool, *ceilings: frozenset[str] | None) -> frozenset[str]:
    """Return the scopes that a tool needs and that are in one of several sets not there; None is every scope."""
    beyond: frozenset[str] = frozenset()
    for ceiling in ceilings:
        if ceiling is not None and not tool.needs <= ceiling:
            beyond |= tool.needs - ceiling
    return beyond


def policy_bindings(principal: Principal, now: int, history: History) -> dict[str, object]:
    """Return what the conditions of policies read, apart from the call itself."""
    return {"principal": principal.value(), "now": Timestamp(now * 1000), "run": history.run, "$history": history}


def _subject(tool: Tool, request: Request) -> str:
    """Return the digest of what exactly an approval is for; empty where the arguments are not known."""
    if request.problem:
        return ""
    args = encode(tool.parameters, request.args)
    return digest(subject_of(tool, args, request.agent, request.principal.name, request.history.session))


def subject_of(tool: Tool, args: object, agent: str, principal: str, session: str) -> dict[str, object]:
    """Return what exactly an approval of a call is for; `args` are its arguments as JSON."""
    return {"session": session, "tool": tool.name, "args": args, "agent": agent, "principal": principal}
