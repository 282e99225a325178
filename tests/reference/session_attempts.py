"""The oracle for sessions: calls of tools with a rate or a breaker are asked for before they are made."""

from interlock.run.protocol.events import Admitted, Withheld
from reference.session_people import Case, People


class Attempts(People):
    """What is asked of the ledger for one call, and what it is told of it."""

    def is_counted(self, case: Case) -> bool:
        """Say whether the ledger has to let the call through, and has not."""
        return (case.tool.rate is not None or case.tool.breaker is not None) and not case.through

    def ask_to_call(self, case: Case) -> None:
        """Ask whether a call may be made now; what was asked before for the same call is called off."""
        if case.asked:
            self.said.append(("cancel", self.number("x"), case.asked))
        tool = case.tool
        rate = None if tool.rate is None else (tool.rate.most, tool.rate.period)
        breaker = None if tool.breaker is None else (tool.breaker.failures, tool.breaker.within, tool.breaker.pause)
        lapse = (tool.timeout or 0) + (tool.breaker.pause if tool.breaker else 0)
        case.asked = self.number("a")
        self.said.append(("admit", case.asked, tool.name, rate, breaker, lapse, False))

    def told(self, case: Case, event: Admitted | Withheld) -> str:
        """Tell the answer; return what stands against the call, empty where nothing does."""
        id, case.asked = case.asked, ""
        if isinstance(event, Admitted):
            self.said.append(("judged", case.tool.name, id, True, event.trial, "", None, False, ""))
            case.through = id
            return ""
        why = (event.by, event.again, False, event.unavailable)
        self.said.append(("judged", case.tool.name, id, False, False, *why))
        if event.by == "ledger":
            return "breaker" if case.tool.breaker else "rate"
        return event.by

    def sent(self, case: Case) -> None:
        """A call is made: what comes of it is reported where the tool has a breaker."""
        case.watched, case.through = case.through if case.tool.breaker else "", ""

    def report(self, case: Case, came: str) -> None:
        """Tell the breaker what came of a call."""
        if case.watched:
            self.said.append(("report", self.number("b"), case.tool.name, case.watched, came))
            case.watched = ""

    def give_attempt_back(self, case: Case) -> None:
        """Take back what was let through and is not made."""
        if case.through:
            if case.tool.rate is not None:
                self.said.append(("release", self.number("r"), case.through))
            if case.tool.breaker is not None:
                self.said.append(("report", self.number("b"), case.tool.name, case.through, "unknown"))
            case.through = ""
