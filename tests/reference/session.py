"""The oracle for sessions: what was proposed, agreed to and made, kept in lists and looked through anew each time.

It reads like the rules of docs/guard.md. `feed` returns what an event led to, as plain tuples.
"""

import json
from collections.abc import Mapping
from typing import cast

from decide.reference import Verdict, approvers, concerns, is_about, obliging, reference, restriction_matches
from interlock.decide import Consent, History, Principal
from interlock.decide.request import Request
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    Exhausted,
    Json,
    Reserved,
    RunCancelled,
    SessionStarted,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import Program, Rule, Tool
from interlock_dsl.schema.canonical import digest
from reference import hidden
from reference.machine import context_of
from reference.session_attempts import Attempts
from reference.session_people import Case, Paper, Said, no_key, repeatable
from reference.values import ValidationError, decoded, encoded


class Naive(Attempts):
    """One session."""

    def feed(self, event: Event) -> list[Said]:
        """Take in an event; return what was decided and what is asked because of it."""
        self.said = []
        now = max(self.now, event.at)
        problem = self.problem(event, now)
        if problem:
            return [("ignored", problem)]
        self.now = now
        self.expire()
        match event:
            case SessionStarted():
                self.start, self.status = event, "open"
            case CallProposed():
                self.propose(event)
            case Reserved() | Exhausted():
                self.ledger(next(case for case in self.reserving if case.reserving == event.command), event)
            case Admitted() | Withheld():
                self.judged(next(case for case in self.known() if case.asked == event.command), event)
            case ToolReturned() | ToolFailed():
                self.came(next(case for case in self.made if case.id == event.command), event)
            case ApprovalGiven() | ApprovalDenied():
                case, paper = self.paper(event.approval)
                self.answered(case, paper, event)
            case RunCancelled():
                self.close(event)
            case _:
                pass
        return self.said

    # --- calls -------------------------------------------------------------------------------------------------------

    def propose(self, event: CallProposed) -> None:
        assert self.start is not None
        agent = event.agent or ""
        raw = event.args if isinstance(event.args, dict) else {}
        tool = self.program.tools.get(event.tool)
        if tool is None:
            self.decided(event.tool, agent, raw, "deny", frozenset({("unknown-tool", "")}), [])
            return
        if event.agent is not None and event.agent not in self.program.agents:
            self.unread(tool, agent, raw, "unknown-agent")
            return
        try:
            values = decoded(tool.parameters, event.args)
        except ValidationError:
            self.unread(tool, agent, raw, "arguments")
            return
        if event.unreadable:
            self.unread(tool, agent, raw, "arguments")
            return
        args = encoded(tool.parameters, values)
        case = Case(tool, cast("Mapping[str, object]", values), args, agent, event.key, self.about(tool, args, agent))
        before = self.keys.get(event.key) if event.key else None
        if before is not None:
            alike = (before.tool.name, before.agent, text(before.args)) == (tool.name, agent, text(args))
            nothing = before.came == "failed" or (before.came == "in doubt" and repeatable(tool))
            if not (alike and nothing):
                self.again(before, case, alike)
                return
        for known in self.waiting:
            if known.digest == case.digest:
                case = known
                case.key = event.key
        self.settle(case, self.verdict(case))

    def unread(self, tool: Tool, agent: str, raw: dict[str, Json], cause: str) -> None:
        """Deny a call on which no rule can be asked: whatever may hide something of it does."""
        rules = [
            rule
            for policy in self.program.policies.values()
            for rule in policy.rules
            if rule.kind == "redact" and any(is_about(pattern, tool.name) for pattern in rule.patterns)
            if cause == "unknown-agent" or rule.agent is None or is_about(rule.agent, agent)
        ]
        shown = hidden.arguments(tool, raw, [name for rule in rules for name in rule.fields])
        self.decided(tool.name, agent, shown, "deny", frozenset({(cause, "")}), rules)

    def about(self, tool: Tool, args: Json, agent: str) -> str:
        assert self.start is not None
        who, session = self.start.principal, self.start.run
        return digest({"session": session, "tool": tool.name, "args": args, "agent": agent, "principal": who})

    def again(self, before: Case, case: Case, alike: bool) -> None:
        """The same key again: nobody knows whether the call was made."""
        if not alike or before.came == "returned" or not repeatable(case.tool):
            rules = self.redacts(case)
            case.hide(rules)
            case.hides += before.hides if before.tool is case.tool else []
            cause = "repeated" if alike else "arguments"
            self.decided(case.tool.name, case.agent, case.shown(), "deny", frozenset({(cause, "")}), rules)
            return
        self.once_more(before)

    def once_more(self, case: Case, barred: str = "") -> None:
        """Decide a call that was allowed before, without its own charge; `barred` is what the ledger has against it."""
        verdict = self.verdict(case, without=case)
        lacking = [claim for claim in verdict.claims if all(claim not in claims for _, claims in case.held)]
        allowed = verdict.answer == "allow" and not lacking
        rules = obliging(self.program, self.request(case, case), "allow" if allowed else "deny")
        case.hide(rules)
        shown, name = case.shown(), case.tool.name
        if barred:
            quiet = [rule for rule in rules if rule.kind == "redact"]
            self.decided(name, case.agent, shown, "deny", frozenset({(barred, "")}), quiet)
        elif allowed and self.is_counted(case):
            self.ask_to_call(case)
        elif allowed:
            case.twice = True
            self.report(case, "unknown")
            self.sent(case)
            self.decided(name, case.agent, shown, "allow", verdict.because, rules, case.id)
        else:
            self.give_attempt_back(case)
            because = frozenset(("limit", claim.rule) for claim in lacking) or verdict.because
            self.decided(name, case.agent, shown, "deny", because, rules)

    def judged(self, case: Case, event: Admitted | Withheld) -> None:
        """The ledger lets a call through, or something stands against it."""
        barred = self.told(case, event)
        if case.id:
            self.once_more(case, barred)
        elif barred:
            case.hide(self.redacts(case))
            self.refuse(case, {(barred, "")})
        else:
            self.settle(case, self.verdict(case))

    def redacts(self, case: Case) -> list[Rule]:
        """Return the rules that hide something of a call that is denied."""
        return obliging(self.program, self.request(case), "deny")

    def verdict(self, case: Case, without: Case | None = None) -> Verdict:
        return reference(self.program, self.request(case, without))

    def request(self, case: Case, without: Case | None = None) -> Request:
        assert self.start is not None
        held = None if self.start.scopes is None else frozenset(self.start.scopes)
        principal = Principal(self.start.principal, self.start.roles, held)
        history = History(self.start.run, started=self.start.at)
        for past in self.made:
            if past is not without:
                kept = history.record(
                    past.tool.name, past.made_at, agent=past.agent, args=past.values, counts=tuple(past.counts)
                )
                if past.shows:
                    history.returned(kept, past.result)
        history.now = self.now
        context = context_of(self.program, self.start.context)
        agents = self.program.agents
        ceilings = [held, agents[case.agent].may if case.agent in agents else None]
        lacking = {scope for scope in case.tool.needs for each in ceilings if each is not None and scope not in each}
        return Request(
            tool=case.tool.name,
            args=case.values,
            agent=case.agent,
            principal=principal,
            history=history,
            now=self.now,
            bindings={
                "principal": {"name": principal.name, "roles": list(principal.roles)},
                "now": Timestamp(self.now * 1000),
                "run": {"id": self.start.run, "workflow": "", "started": Timestamp(self.start.at * 1000)},
                "$history": history,
                **({} if context is None else {"context": context}),
            },
            subject=case.digest,
            consents=tuple(case.given),
            lacking=frozenset(lacking),
        )

    def settle(self, case: Case, verdict: Verdict) -> None:
        """Do what was decided on a call that is not known from before under its key."""
        case.hide(obliging(self.program, self.request(case), verdict.answer))
        if verdict.answer == "allow":
            lacking = tuple(claim for claim in verdict.claims if all(claim not in claims for _, claims in case.held))
            if lacking or self.is_counted(case):
                self.waiting = [other for other in self.waiting if other is not case]
                self.reserving = [*(other for other in self.reserving if other is not case), case]
            if lacking:
                case.reserving, case.claims = self.number("h"), lacking
                self.said.append(("reserve", case.reserving, lacking))
            elif self.is_counted(case):
                self.ask_to_call(case)
            elif no_key(case):
                self.refuse(case, {("arguments", "")})
            else:
                self.allow(case, verdict)
        elif verdict.answer == "ask" and not case.refused:
            self.give_back(case)
            self.decided(case.tool.name, case.agent, case.shown(), "ask", verdict.because, self.redacts(case))
            self.reserving = [other for other in self.reserving if other is not case]
            if case not in self.waiting:
                for other in [each for each in self.waiting if each.digest == case.digest]:
                    self.withdraw(other)
                    self.waiting.remove(other)
                self.waiting.append(case)
            self.ask(case)
        else:
            because = set(verdict.because) | (
                {("approval", self.first_need(case))} if verdict.answer == "ask" else set()
            )
            self.refuse(case, because)

    def first_need(self, case: Case) -> str:
        return missing(self.program, self.request(case))[0][3]

    def ask(self, case: Case) -> None:
        for role, count, within, _ in missing(self.program, self.request(case)):
            known = [paper for paper in case.papers if paper.role == role]
            if not known:
                expires = None if within is None else self.now + within
                case.papers.append(Paper(self.number("a"), role, count, expires))
                self.asked(case, case.papers[-1])
            elif known[0].count < count:
                known[0].count = count
                self.asked(case, known[0])

    def asked(self, case: Case, paper: Paper) -> None:
        """Ask people, who see all of the call; what is on record of it is less."""
        self.said.append(("asked", paper.id, paper.role, paper.count, paper.expires, text(case.args)))
        self.said.append(("noted", paper.id, paper.role, paper.count, paper.expires, text(case.shown())))

    def refuse(self, case: Case, because: set[tuple[str, str]]) -> None:
        self.give_back(case)
        self.decided(case.tool.name, case.agent, case.shown(), "deny", frozenset(because), self.redacts(case))
        if case in self.reserving:
            self.reserving.remove(case)
            left = case.papers or case.given or case.refused
            if left and all(other.digest != case.digest for other in self.waiting):
                self.waiting.append(case)
            else:
                self.withdraw(case)

    def allow(self, case: Case, verdict: Verdict) -> None:
        rules = obliging(self.program, self.request(case), "allow")
        self.withdraw(case)
        self.waiting = [other for other in self.waiting if other is not case]
        self.reserving = [other for other in self.reserving if other is not case]
        case.id, case.made_at, case.counts = self.number("c"), self.now, verdict.counts
        self.sent(case)
        self.made.append(case)
        if case.key:
            self.keys[case.key] = case
        case.given = [Consent(one.id, one.role, one.digest, one.by, None) for one in case.given]
        spent = tuple(one.id for one in case.given)
        self.decided(case.tool.name, case.agent, case.shown(), "allow", verdict.because, rules, case.id, spent)
        self.said.append(("call", case.id, case.tool.name, text(case.args)))

    def ledger(self, case: Case, event: Reserved | Exhausted) -> None:
        id, claims, case.reserving = case.reserving, case.claims, ""
        fits = len(event.standings) == len(claims)
        over = [c for c, used in zip(claims, event.standings, strict=False) if used < 0 or used + c.amount > c.most]
        if not fits:
            over = list(claims)
        elif isinstance(event, Exhausted) and not over:
            over = [claim for claim in claims if claim.limit in event.limits] or list(claims)
        granted = isinstance(event, Reserved) and not over
        quiet = hidden.of_arguments(case.hides)
        self.said.append(("ledger", id, granted, hidden.claims(claims, case.hides), () if quiet else event.standings))
        if isinstance(event, Reserved) and not over:
            case.held.append((id, claims))
            self.settle(case, self.verdict(case))
            return
        if isinstance(event, Reserved):
            self.said.append(("release", self.number("r"), id))
        case.hide(self.redacts(case))
        self.refuse(case, {("limit", claim.rule) for claim in over})

    def give_back(self, case: Case) -> None:
        self.give_attempt_back(case)
        for id, _ in case.held:
            self.said.append(("release", self.number("r"), id))
        case.held = []

    def came(self, case: Case, event: ToolReturned | ToolFailed) -> None:
        if isinstance(event, ToolFailed):
            case.came = "failed" if event.kind in ("error", "unsent") and not case.twice else "in doubt"
            self.report(case, "unknown" if event.kind == "unsent" else "failed")
            if case.came == "failed":
                self.give_back(case)
            self.said.append(("done", case.id, False, None))
            return
        case.came, result = "returned", None
        try:
            if case.tool.result is not None:
                case.result = decoded(case.tool.result, event.result)
                result = hidden.result(case.tool, encoded(case.tool.result, case.result), case.hides)
            case.shows = True
        except ValidationError:
            pass
        self.report(case, "returned" if case.shows else "failed")
        self.said.append(("done", case.id, case.shows, text(result)))

    def close(self, event: RunCancelled) -> None:
        self.status = "cancelled" if event.by else "ended"
        for case in self.waiting:
            self.withdraw(case)
        for case in sorted(self.known(), key=lambda case: int((case.reserving or case.asked or "a0")[1:])):
            if case.reserving or case.asked:
                self.withdraw(case)
                self.said.append(("cancel", self.number("x"), case.reserving or case.asked))
                if not case.id:
                    self.give_back(case)
                case.reserving = case.asked = ""
        self.waiting, self.reserving = [], []
        self.said += [("ended", self.status), ("finish", self.number("f"), self.status)]

    def decided(
        self,
        tool: str,
        agent: str,
        args: Json,
        answer: str,
        because: frozenset[tuple[str, str]],
        rules: list[Rule],
        id: str = "",
        spent: tuple[str, ...] = (),
    ) -> None:
        obliged = frozenset((rule.kind, rule.id) for rule in rules)
        self.said.append(("decided", tool, agent, text(args), answer, because, id, spent, obliged))

    # --- how it stands -----------------------------------------------------------------------------------------------

    def standing(self) -> Said:
        """Return what can be seen of the session from outside."""
        papers = [(p.id, p.role, p.count, p.expires, tuple(p.by)) for case in self.asking() for p in case.papers]
        calls = [(case.id, case.tool.name) for case in self.made if not case.came]
        waits = any(case.papers for case in self.waiting)
        status = self.status if self.status != "open" else "waiting" if waits else "running"
        asked = [(case.reserving, case.asked) for case in self.known() if case.reserving or case.asked]
        return status, sorted(papers), sorted(calls), sorted(asked)


def missing(program: Program, request: Request) -> list[tuple[str, int, int | None, str]]:
    """Return role, count, time and rule of the approvals still missing: for each role most people, shortest time."""
    rules = [
        rule
        for policy in program.policies.values()
        for rule in policy.rules
        if rule.kind == "require" and concerns(rule, request) and restriction_matches(rule, request, program)
    ]
    unmet = [rule for rule in rules if len(approvers(request, rule.role)) < max(1, rule.count)]
    found = []
    for role in dict.fromkeys(rule.role for rule in unmet):
        same = [rule for rule in unmet if rule.role == role]
        times = [rule.within for rule in same if rule.within is not None]
        found.append((role, max(max(1, rule.count) for rule in same), min(times, default=None), same[0].id))
    return found


def text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
