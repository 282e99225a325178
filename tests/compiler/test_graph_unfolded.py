"""Workflows drawn inside the steps that run them: every node once, by its path, and within its step."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.terminal import interlock
from interlock_cli.drawing import to_dot, to_json, to_mermaid, to_svg
from interlock_dsl import compile_text

TEXT = """\
workflow outer(n: int) {
  step one runs middle(n: n)
  step two runs inner(n: n)
  end done { a: one.end }
  end late

  start -> one
  one -> two when one.end == "high"
  one -> one otherwise at most 2 times, then -> late
  two -> done
}
workflow middle(n: int) {
  step deep runs inner(n: n + 1)
  end high
  end low
  start -> deep
  deep -> high when deep.end == "yes"
  deep -> low otherwise
}
workflow inner(n: int) {
  step set sets { m: n * 2 }
  end yes
  end no
  start -> set
  set -> yes when set.m > 9
  set -> no otherwise
}
"""
PROGRAM = compile_text(TEXT)
OUTER = PROGRAM.workflows["outer"]
SVG = "{http://www.w3.org/2000/svg}"
PATHS = {
    "start", "done", "late", "one/start", "one/high", "one/low", "one/deep/start", "one/deep/set", "one/deep/yes",
    "one/deep/no", "two/start", "two/set", "two/yes", "two/no",
}  # fmt: skip
CLUSTERS = {"one", "one/deep", "two"}


def test_mermaid_has_a_subgraph_for_each_step_that_runs_a_workflow() -> None:
    drawn = to_mermaid(OUTER, PROGRAM)
    nodes = {found.replace("-", "/") for found in re.findall(r'^ *n_([\w-]+)(?=[^\w\s-]+")', drawn, re.MULTILINE)}
    assert nodes == PATHS
    assert {each.replace("-", "/") for each in re.findall(r"subgraph n_([\w-]+)\[", drawn)} == CLUSTERS
    assert drawn.count("    end") + drawn.count("\n  end") >= len(CLUSTERS)
    assert "n_one -.->" in drawn and "n_one-deep-start --> n_one-deep-set" in drawn


def test_dot_has_a_cluster_for_each_and_lines_that_end_at_them() -> None:
    drawn = to_dot(OUTER, PROGRAM)
    assert set(re.findall(r'^ *"([^"]+)" \[shape', drawn, re.MULTILINE)) == PATHS
    assert set(re.findall(r'subgraph "cluster ([^"]+)"', drawn)) == CLUSTERS
    ends = set(re.findall(r'^ *"([^"]+)" -> "([^"]+)"', drawn, re.MULTILINE))
    assert {name for pair in ends for name in pair} <= PATHS
    assert '"start" -> "one/start" [lhead="cluster one"]' in drawn
    assert '[ltail="cluster one", lhead="cluster two"]' in drawn
    assert '"one/start" -> "one/deep/start" [lhead="cluster one/deep"]' in drawn
    assert drawn.count("{") == drawn.count("}")


def test_json_has_it_inside_the_node() -> None:
    def paths(graph: object, front: str = "") -> Iterator[str]:
        assert isinstance(graph, dict)
        for node in graph["nodes"]:
            if "inside" in node:
                yield from paths(node["inside"], f"{front}{node['id']}/")
            else:
                yield front + node["id"]

    assert set(paths(to_json(OUTER, PROGRAM))) == PATHS


def test_in_a_picture_everything_inside_lies_within_its_step() -> None:
    picture = to_svg(OUTER, PROGRAM)
    assert picture == to_svg(OUTER, PROGRAM)
    outlines = list(_outlines(ElementTree.fromstring(picture), 0.0, 0.0, 0))
    runs = [(depth, box) for depth, kind, box in outlines if kind == "box run"]
    assert sorted(depth for depth, _ in runs) == [1, 1, 2]
    inside = [(depth, box) for depth, kind, box in outlines if depth > 1]
    assert len(inside) == 9  # of `one`, `one/deep` and `two` three each: starts are circles
    for depth, (x, y, width, height) in inside:
        assert any(
            outer == depth - 1 and a < x and b < y and x + width < a + c and y + height < b + d
            for outer, (a, b, c, d) in runs
        )


def _outlines(
    element: ElementTree.Element, x: float, y: float, depth: int
) -> Iterator[tuple[int, str, tuple[float, float, float, float]]]:
    """Yield the rectangles that are outlines of boxes: how deep they are, of what kind, and where."""
    for child in element:
        kind = child.get("class", "")
        if child.tag == f"{SVG}g" and kind.startswith("box"):
            shape = child.find(f"{SVG}rect[@class='shape']")
            if shape is not None:
                left, top, width, height = (float(shape.get(name, 0)) for name in ("x", "y", "width", "height"))
                yield depth, kind, (x + left, y + top, width, height)
        elif child.tag == f"{SVG}g" and (
            moved := re.fullmatch(r"translate\((\S+) (\S+)\)", child.get("transform", ""))
        ):
            yield from _outlines(child, x + float(moved[1]), y + float(moved[2]), depth + 1)


def test_the_verb_unfolds_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nested.ilk").write_text(TEXT)
    folded = interlock("graph", "nested.ilk").out
    assert re.findall(r'---\ntitle: "(\w+)"\n---\nflowchart TD', folded) == ["outer", "middle", "inner"]
    assert "subgraph" not in folded and "title" not in interlock("graph", "nested.ilk", "-w", "outer").out
    unfolded = interlock("graph", "nested.ilk", "-w", "outer", "--unfold")
    assert unfolded.out == to_mermaid(OUTER, PROGRAM)
    chain = "".join(
        f"workflow w{n}() {{ step a runs w{n + 1}()  step b runs w{n + 1}()  end e  start -> a  a -> b  b -> e }}\n"
        for n in range(10)
    )
    Path("chain.ilk").write_text(chain + "workflow w10() { step a sets { m: 1 }  end e  start -> a  a -> e }\n")
    refused = interlock("graph", "chain.ilk", "-w", "w0", "--unfold")
    assert refused.code == 2 and "more than 1,000 steps and ends unfolded" in refused.err
