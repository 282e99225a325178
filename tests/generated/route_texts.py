"""The routes of a generated workflow, as text."""

from dataclasses import dataclass

from generated.contents import Contents
from generated.expressions import Expressions, Read, over, reads_of
from generated.skeleton import Edge
from generated.step_texts import WITHIN
from interlock_dsl.cel.types import NULL, ListType


@dataclass
class RouteTexts:
    """Writes what the contents say about routes."""

    contents: Contents

    def route_texts(self) -> list[str]:
        groups: dict[tuple[tuple[str, ...], str], list[Edge]] = {}
        for edge in self.contents.skeleton.edges:
            groups.setdefault((edge.sources, edge.trigger), []).append(edge)
        return [text for group in groups.values() for text in self._group(group)]

    def _group(self, edges: list[Edge]) -> list[str]:
        """Write the routes of which one is taken, so that mostly exactly one can be."""
        said: list[str] = []
        texts: list[str] = []
        dice, ends = self.contents.dice, self.contents.skeleton.ends
        if edges[0].mode == "on" and dice.often(0.3) and not edges[0].targets[0].startswith("s"):
            condition = self.contents.at(edges[0]).boolean(1)
            other = Edge(edges[0].sources, (dice.one(ends),), "on", edges[0].trigger)
            texts.append(self._route(other, f" when {condition}"))
            return [*texts, self._route(edges[0], " otherwise")]
        reconciled = next((edge for edge in edges if edge.reconcile is not None), None)
        if reconciled is not None:
            return [self._route(reconciled, "")]
        for number, edge in enumerate(edges):
            match edge.mode:
                case "when":
                    condition = self._condition(edge, said, last=number == len(edges) - 1)
                    said.append(condition)
                    texts.append(self._route(edge, f" when {condition}"))
                case "otherwise":
                    texts.append(self._route(edge, " otherwise"))
                case _:
                    texts.append(self._route(edge, ""))
        return texts

    def _condition(self, edge: Edge, said: list[str], *, last: bool) -> str:
        here = self.contents.at(edge)
        if edge.style == "split" and last and said:
            return f"!({said[0]})"
        own = [read for read in here.reads if read.path.split(".")[0] in edge.sources and not read.guards]
        if own and self.contents.dice.often(0.6):
            here.reads = own
        condition = here.boolean(2)
        if said and edge.style in ("", "three"):
            return " && ".join([*(f"!({earlier})" for earlier in said), f"({condition})"])
        return condition

    def _route(self, edge: Edge, choice: str) -> str:
        dice, here = self.contents.dice, self.contents.at(edge)
        clauses = [f"on {edge.trigger}"] if edge.mode == "on" else []
        if choice:
            clauses.append(choice.strip())
        clauses += self._handed(edge, here)
        if edge.merge:
            clauses.append(f"merge {edge.merge}{self._reconcile(edge)}")
        if edge.times:
            out = f", then -> {edge.then}{self._block(edge, here)}" if edge.then else ""
            word = "backtrack " if edge.backtracks else ""
            clauses.insert(dice.number(0, len(clauses)), f"{word}at most {edge.times} times{out}")
        ends = f"{', '.join(edge.sources)} -> {', '.join(edge.targets)}"
        return "\n    ".join([ends, *clauses])

    def _reconcile(self, edge: Edge) -> str:
        """Write which step is entered instead, when, and what it is handed."""
        differ = edge.reconcile
        if differ is None:
            return ""
        condition = self._condition(differ, [], last=False)
        handed = "  ".join(self._handed(differ, self.contents.at(differ)))
        return f" reconcile by {differ.targets[0]} when {condition}" + (f" {{ {handed} }}" if handed else "")

    def _handed(self, edge: Edge, here: Expressions) -> list[str]:
        """Write what a route hands over, asks for and tells."""
        dice, clauses = self.contents.dice, self._grants(edge)
        kinds = [self.contents.stuff[target].kind for target in edge.served if target in self.contents.stuff]
        if ("agent" in kinds or "ask" in kinds) and dice.often(0.8):
            clauses += self._passes(edge)
        if edge.approval:
            count = dice.one(("", "", "2 of "))
            clauses.append(f"after approval by {count}{dice.one(self.contents.made.roles)} within {dice.one(WITHIN)}")
            if dice.often(0.5):
                clauses.append(f"escalate to {dice.one(self.contents.made.roles)} on expiry" + self._because())
        if dice.often(0.15):
            when = f" when {here.boolean(1)}" if dice.often(0.6) else ""
            clauses.append(f"escalate to {dice.one(self.contents.made.roles)}{when}{self._because()}")
        return clauses

    def _block(self, edge: Edge, here: Expressions) -> str:
        """Write the clauses that a way out has of its own, where it has: the route's are not for it then."""
        return "" if edge.out is None else f" {{ {'  '.join(self._handed(edge.out, here))} }}"

    def _because(self) -> str:
        return ' because "look at this"' if self.contents.dice.often(0.5) else ""

    def _grants(self, edge: Edge) -> list[str]:
        scopes = self.contents.scopes.get(edge) or set()
        if not scopes:
            return []
        stuffs = [self.contents.stuff[target] for target in edge.served if target in self.contents.stuff]
        called = [stuff.tool for stuff in stuffs if stuff.tool is not None]
        self.contents.granted |= scopes
        where = ""
        into = any(stuff.runs is not None for stuff in stuffs)
        if self.contents.dice.often(0.1 if into else 0.3):
            if len(called) == 1 and len(edge.served) == 1:
                reads = over(called[0].parameters, "args")
                where = f" where {Expressions(self.contents.dice, reads).boolean(1)}"
            else:
                where = f' where tool.effect != "{self.contents.dice.one(("read", "irreversible"))}"'
        if len(scopes) > 1 and self.contents.dice.often(0.3):
            one, *others = sorted(scopes)
            return [f"grant {one}{where}", f"grant {', '.join(others)}"]
        return [f"grant {', '.join(sorted(scopes))}{where}"]

    def _passes(self, edge: Edge) -> list[str]:
        reads: list[Read] = [
            Read(name, held.type) for name, held in self.contents.parameters.fields.items() if not held.optional
        ]
        for name in sorted(self.contents.reach.after(edge)):
            output = self.contents.stuff[name].output
            reads += reads_of(name, output, (), 2)
        reads += self.contents.failure(edge) * 3
        reads = [read for read in reads if read.type != NULL]
        lists = [read.path for read in reads if isinstance(read.type, ListType) and read.type.max != 1]
        elements = [f"{path}[{self.contents.dice.number(0, 1)}]" for path in lists]
        chosen = self.contents.dice.some([read.path for read in reads] + elements, 1, 3)
        return [f"pass {', '.join(dict.fromkeys(chosen))}"] if chosen else []
