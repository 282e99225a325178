"""Tests of policies without a workflow: calls that are proposed in one session, and what is decided on each."""

from collections.abc import Sequence

from interlock_dsl.analysis.cases.case import UNKNOWN, Case
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.program.cases import Act, Test
from interlock_dsl.schema import ValidationError, decode
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Ident

DECIDED = ("allows", "denies", "asks")
"""The expectations about the last call."""

_WORDS = {
    syntax.Given: "`given`",
    syntax.Starts: "`started by`",
    syntax.AgentScript: "`agent`",
    syntax.PersonScript: "`person`",
}


class PolicyCase(Case):
    """A test of the policies of a program."""

    def build(self) -> Test:
        """Return the test, having reported what is wrong with it."""
        asker = self._decl.asker
        if asker is not None:
            self._principal, self._roles = asker.principal, asker.roles
            if asker.agent is not None:
                self._symbols.agent(asker.agent)
        if self._decl.workflow is not None:
            self._symbols.report.add(say.of_both(self._decl.workflow.span))
        self._read()
        return Test(
            title=self._decl.title,
            workflow="",
            input={},
            principal=self._principal,
            roles=self._roles,
            now=self._now,
            agents={},
            persons={},
            tools=self._tools,
            acts=tuple(self._acts),
            span=self._decl.span,
            context=self._context,
        )

    def _own(self, item: syntax.TestItem) -> None:
        if isinstance(item, syntax.Proposes):
            self._propose(item)
            return
        word = _WORDS[type(item)]
        instead = 'write `for "ann"` at the beginning' if isinstance(item, syntax.Starts) else None
        self._symbols.report.add(say.only_of_workflows(word, item.span, instead))

    def _propose(self, item: syntax.Proposes) -> None:
        tool = self._tool(item.tool)
        value = self._value(item.arguments)
        agent = self._agent(item.agent)
        self._acts.append(Act("proposes", item.span, item.tool.text, value, agent=agent))
        if tool is None or value is UNKNOWN:
            return
        self._keys(f"`{item.tool.text}`", item.arguments, value, tool.parameters.fields)
        if self._expected_of(item) == "denies":
            return  # that arguments which do not fit are denied may be what is tested
        try:
            decode(tool.parameters, value)
        except ValidationError as invalid:
            self._symbols.report.add(say.invalid_value(invalid.problems, item.arguments.span))
        except TypeError:
            return  # a type with a mistake in it, which has been reported

    def _agent(self, name: Ident | None) -> str | None:
        if name is not None:
            self._symbols.agent(name)
            return name.text
        asker = self._decl.asker
        return None if asker is None or asker.agent is None else asker.agent.text

    def _expected_of(self, item: syntax.Proposes) -> str:
        """Return what the next expectation about the call is; empty if there is none."""
        items: Sequence[syntax.TestItem] = self._decl.items
        at = next(place for place, each in enumerate(items) if each is item)
        for later in items[at + 1 :]:
            if isinstance(later, syntax.Proposes):
                return ""
            if isinstance(later, syntax.Expect) and later.kind in DECIDED:
                return later.kind
        return ""

    def _expect(self, item: syntax.Expect) -> None:
        value = None if item.value is None else self._value(item.value)
        match item.kind:
            case "allows" | "denies" | "asks":
                if not any(act.kind == "proposes" for act in self._acts):
                    self._symbols.report.add(say.no_call_before(f"`expect {item.kind}`", item.span))
                if item.kind == "asks" and item.name is not None:
                    self._symbols.role(item.name)
            case "withheld":
                self._withheld(item)
            case "calls" | "never calls" | "denied":
                self._expected_call(item, value)
            case "notifies" | "never notifies" if item.name is not None:
                self._symbols.role(item.name)
            case "redacts" | "never redacts":
                self._expected_fields(item)
            case "waits":
                self._symbols.report.add(say.only_of_workflows("`expect waits`", item.span, "write `expect asks ...`"))
                return
            case _:
                self._symbols.report.add(say.only_of_workflows(f"`expect {item.kind}`", item.span))
                return
        self._expected(item, value)
