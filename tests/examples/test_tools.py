"""The examples' tools: a call that is made again takes effect once, and what cannot be done changes nothing."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.stories import NAMES, copy, rows, tools
from interlock import CallContext, Principal, ToolError

Made: TypeAlias = Callable[[ModuleType], Any]

STATE = {
    "pipeline": [
        "SELECT * FROM columns ORDER BY dataset, name",
        "SELECT * FROM staged ORDER BY load, line",
        "SELECT * FROM prepared ORDER BY load, key",
        "SELECT load, retracted FROM publications ORDER BY number",
        "SELECT * FROM published ORDER BY publication, key",
    ],
    "refund": ["SELECT * FROM orders ORDER BY id", "SELECT order_id, amount, voided FROM refunds ORDER BY number"],
    "procurement": ["SELECT * FROM funds ORDER BY cost_center", "SELECT * FROM orders", "SELECT * FROM vendors"],
    "order_exception": [
        "SELECT * FROM products",
        "SELECT * FROM lines",
        "SELECT * FROM reservations",
        "SELECT * FROM orders",
    ],
    "incident": ["SELECT * FROM hosts", "SELECT * FROM changes", "SELECT * FROM planned", "SELECT * FROM applied"],
}


def context(key: str) -> CallContext:
    return CallContext("run", "workflow", "step", "tool", key, 1, Principal("ada"), "step")


def refund(order: int, amount: int) -> Made:
    return lambda tools: tools.issue_refund(f"A{order}", amount, context(f"refunds.issue:A{order}"))


def purchase(number: int, cost_center: int, amount: int) -> Made:
    return lambda tools: tools.place_order(f"P{number}", "Acme", str(cost_center), amount, context(f"order:P{number}"))


def reserve(order: int, lamp: int, quantity: int) -> Made:
    key = context(f"stock.reserve:O{order}/LAMP-{lamp}")
    return lambda tools: tools.reserve(f"O{order}", f"LAMP-{lamp}", quantity, key)


def replace(order: int, lamp: int) -> Made:
    """The line of an order that is a lamp out of stock becomes another lamp."""
    old = f"LAMP-{1 + order % 3 * 6}"
    key = context(f"orders.replace_item:O{order}/{old}")
    return lambda tools: tools.replace_item(f"O{order}", old, f"LAMP-{lamp}", 2, key)


def remediate(incident: int, kind: str, hosts: list[str]) -> Made:
    """Draft a change, and make it host by host, the last one again."""

    def made(tools: ModuleType) -> object:
        drafted = context(f"changes.draft:INC-{incident}")
        change = tools.draft(f"INC-{incident}", "media", kind, hosts, drafted)["id"]
        return [tools.change_host(change, host, kind, context(f"hosts.change:{change}/{host}")) for host in hosts]

    return made


def ingest(dataset: str) -> Made:
    return lambda tools: tools.ingest("2026-03-01", dataset)


def extend(dataset: str, column: str) -> Made:
    return lambda tools: tools.extend(f"2026-03-01/{dataset}", [column])


def prepare(dataset: str, column: str) -> Made:
    return lambda tools: tools.prepare(f"2026-03-01/{dataset}", [{"column": "unit_price", "becomes": column}])


def publish(dataset: str) -> Made:
    return lambda tools: tools.publish(f"2026-03-01/{dataset}")


DATASETS, COLUMNS = st.sampled_from(["customers", "products"]), st.sampled_from(["price", "title", "currency"])
CALLS: dict[str, st.SearchStrategy[Made]] = {
    "refund": st.builds(refund, st.integers(1, 4), st.integers(1, 9_000)),
    "procurement": st.builds(purchase, st.integers(1, 4), st.integers(4711, 4714), st.integers(1, 30_000)),
    "order_exception": st.one_of(
        st.builds(reserve, st.integers(1, 3), st.integers(1, 5), st.integers(1, 20)),
        st.builds(replace, st.sampled_from([1, 2, 29]), st.integers(2, 5)),
    ),
    "pipeline": st.one_of(
        st.builds(ingest, DATASETS),
        st.builds(extend, DATASETS, COLUMNS),
        st.builds(prepare, DATASETS, COLUMNS),
        st.builds(publish, DATASETS),
    ),
    "incident": st.builds(
        remediate,
        st.integers(1, 3),
        st.sampled_from(["restart", "roll_back_release", "drain", "scale_out"]),
        st.lists(st.sampled_from(["media-1", "media-2", "media-4", "media-6"]), min_size=1, unique=True),
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_call_made_again_takes_effect_once(name: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(made=st.lists(st.tuples(CALLS[name], st.integers(1, 3)), max_size=6))
    def once(made: list[tuple[Made, int]]) -> None:
        first = after(name, [call for call, _ in made])
        again = after(name, [call for call, times in made for _ in range(times)])
        assert first == again

    once()


@pytest.mark.parametrize("name", NAMES)
def test_the_data_is_the_same_everywhere(name: str) -> None:
    assert after(name, []) == after(name, [])


def test_a_refund_is_taken_back_and_given_again(tmp_path: Path) -> None:
    folder = copy("refund", tmp_path)
    with tools(folder) as module:
        before = module.get_order("A1")
        receipt = refund(1, 4_200)(module)
        assert module.get_order("A1")["status"] == "refunded"
        for _ in range(2):
            module.void_refund(receipt["id"])
            assert module.get_order("A1") == before
        assert refund(1, 4_200)(module) != receipt
    assert rows(folder, "SELECT voided FROM refunds ORDER BY number") == [[1], [0]]


def test_released_goods_are_in_stock_again(tmp_path: Path) -> None:
    folder = copy("order_exception", tmp_path)
    with tools(folder) as module:
        before = module.stock_level("LAMP-2")
        reservation = reserve(1, 2, 5)(module)
        assert module.stock_level("LAMP-2")["on_hand"] == before["on_hand"] - 5
        for _ in range(2):
            module.release(reservation["id"])
            assert module.stock_level("LAMP-2") == before


def test_a_load_that_is_taken_back_leaves_nothing_but_the_note_that_it_was(tmp_path: Path) -> None:
    folder = copy("pipeline", tmp_path)
    with tools(folder) as module:
        module.connect().close()
        before = [rows(folder, query) for query in STATE["pipeline"]]
        load = module.ingest("2026-03-01", "products")["load"]
        extend("products", "currency")(module)
        module.prepare(load, [])
        publication = module.publish(load)["id"]
        assert module.inspect(publication) == {"rows": 60, "absent": 60, "cents": 0}
        for undo, what in (
            (module.retract, publication),
            (module.clear, load),
            (module.revert, load),
            (module.discard, load),
        ):
            undo(what)
            undo(what)
    assert [rows(folder, query) for query in STATE["pipeline"]] == [*before[:3], [[load, 1]], before[4]]


@pytest.mark.parametrize("kind", ["restart", "roll_back_release", "drain", "scale_out"])
def test_a_reverted_host_serves_as_it_did(kind: str, tmp_path: Path) -> None:
    folder, host = copy("incident", tmp_path), "media-6" if kind == "scale_out" else "media-2"
    with tools(folder) as module:
        before = module.inspect(host)
        (applied,) = remediate(1, kind, [host])(module)
        changed = module.inspect(host)
        assert changed != before
        for _ in range(2):
            module.revert(applied["id"])
            assert module.inspect(host) == before | {"restarts": changed["restarts"]}
    assert rows(folder, "SELECT reverted FROM applied") == [[1]]


def test_a_host_is_changed_as_drafted_and_not_otherwise(tmp_path: Path) -> None:
    folder = copy("incident", tmp_path)
    with tools(folder) as module:
        change = module.draft("INC-1", "media", "drain", ["media-1"], context("changes.draft:INC-1"))["id"]
        with pytest.raises(ToolError, match="another change is drafted"):
            module.draft("INC-1", "media", "drain", ["media-2"], context("changes.draft:INC-1"))
        for host, kind in (("media-1", "restart"), ("media-2", "drain")):
            with pytest.raises(ToolError, match="does not say"):
                module.change_host(change, host, kind, context("hosts.change:1"))
        module.withdraw(change)
        with pytest.raises(ToolError, match="does not say"):
            module.change_host(change, "media-1", "drain", context("hosts.change:1"))
        with pytest.raises(ToolError, match="no name of a file"):
            module.write_report("../INC-1", "media", "title", "text", [])
    assert rows(folder, "SELECT * FROM applied") == []


def after(name: str, made: Sequence[Made]) -> list[list[list[object]]]:
    """Return what is in a fresh database after some calls, of which any may fail."""
    with tempfile.TemporaryDirectory() as folder:
        story = copy(name, Path(folder))
        with tools(story) as module:
            module.connect().close()
            for call in made:
                try:
                    call(module)
                except Exception as error:
                    assert str(error), "a failure says why"
        return [rows(story, query) for query in STATE[name]]
