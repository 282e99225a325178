"""Examples against a server of models over HTTP: the command line, the real adapter, real tools, nothing recorded."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.model_server import Given, Script, answer, calls, model_server
from examples.stories import copy, rows, tidy
from interlock import SqliteJournal, replay
from interlock_cli.main import run
from runtime.model_server import Payload


@dataclass(frozen=True)
class Live:
    """A path of an example: what it is given, what its models say by task, where it comes to and what is done then.

    `workflow` is which, where there are several; `people` are the commands of people whom the run waits for.
    """

    inputs: tuple[str, ...]
    scripts: Mapping[str, Script]
    stands: Mapping[str, object]
    requests: int
    effect: tuple[str, list[list[object]]]
    workflow: str = ""
    people: tuple[str, ...] = ()


def looked(given: Given) -> Sequence[Payload]:
    """The scout of a host reads the log of this host, and says what it found there."""
    ill = given["ill"]
    assert isinstance(ill, Mapping)
    return calls("logs.read", host=ill["host"]), answer(host=ill["host"], cause="memory", evidence="heap at 97 %")


PATHS = {
    "refund": Live(
        ("order_id=A1", "message=the lamp arrived damaged"),
        {
            "decide what the customer wants": [answer(topic="billing", confidence=0.9)],
            "look the order up and propose an amount to refund, in cents": [
                calls("orders.get", order_id="A1"),
                answer(amount=4_200, reason="it arrived damaged"),
            ],
        },
        {"status": "ended", "end": "refunded", "output": {"amount": 4_200, "receipt": "R1"}},
        3,
        ("SELECT order_id, amount FROM refunds", [["A1", 4_200]]),
    ),
    "pipeline": Live(
        ("batch=2026-03-01", "dataset=products"),
        {
            "the file's columns are not those of the registry: say what has happened, and what to do about it": [
                calls("staging.sample", load="2026-03-01/products", column="unit_price"),
                answer(
                    cause="renamed",
                    advice="rename",
                    renames=[{"column": "unit_price", "becomes": "price"}],
                    why="both hold amounts",
                ),
            ],
        },
        {"status": "ended", "end": "published", "output": {"dataset": "products", "rows": 60}},
        2,
        ("SELECT count(*), sum(cents) FROM published", [[60, 609_990]]),
        workflow="load",
        people=("answer last --as maria --value decision=rename",),
    ),
    "incident": Live(
        ("id=INC-1", "service=search", "symptom=latency", "text=search is slow"),
        {
            "find out what is wrong with this host": looked,
            "propose one remediation and the hosts it is for, at most 5; none if no remediation would help": [
                calls("hosts.inspect", host="search-2"),
                answer(kind="restart", hosts=["search-2", "search-5"], reason="both leak memory"),
            ],
            "write the post-mortem: what happened, what was done, what became of it, and what to do about it": [
                answer(title="Slow searches", text="Two hosts were restarted.", actions=["find the leak"]),
            ],
        },
        {"status": "ended", "end": "resolved", "output": {"change": "CHG-1", "report": "INC-1.md"}},
        7,
        ("SELECT id FROM hosts WHERE restarts = 1", [["search-2"], ["search-5"]]),
        people=("approve last --as maria --role on_call",),
    ),
}


@pytest.mark.parametrize("example", PATHS)
def test_a_path_with_models_over_http(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = PATHS[example], copy(example, tmp_path)
    monkeypatch.chdir(folder)
    given = [word for each in path.inputs for word in ("--input", each)]
    with model_server(path.scripts) as server, tidy(folder):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        which = ["--workflow", path.workflow] if path.workflow else []
        for command in (["run", "--as", "ada", *which, *given], *map(shlex.split, path.people)):
            capsys.readouterr()
            run([*command, *server.options, "--format", "json"])
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert {name: report[name] for name in path.stands} == path.stands, said
    assert len(server.heard) == path.requests
    query, expected = path.effect
    assert rows(folder, query) == expected
    assert replay(SqliteJournal(folder / ".interlock" / "journal.sqlite", readonly=True), report["run"]).same
