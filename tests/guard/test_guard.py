"""A guard and its sessions: what is decided, what is asked of people, what goes on in another process."""

import asyncio
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from guard.conftest import HUGE, LARGE, MINUTE, POLICY, SMALL, causes, send
from interlock import (
    Guard,
    InvalidInput,
    ManualClock,
    NotReloaded,
    Principal,
    Program,
    Refused,
    Session,
    SqliteJournal,
    history,
    replay,
    verify,
)


def test_an_answer_is_true_in_a_condition_only_when_the_call_is_allowed(guard: Guard) -> None:
    session = guard.session()
    answers = [send(session, args) for args in (SMALL, LARGE, {"account": "blocked", "cents": 1})]
    assert [(bool(each), each.answer, bool(each.call)) for each in answers] == [
        (True, "allow", True),
        (False, "ask", False),
        (False, "deny", False),
    ]


@pytest.mark.parametrize(
    ("tool", "args", "agent", "cause"),
    [
        ("money.burn", {}, "teller", "unknown-tool"),
        ("money.send", SMALL, "nobody", "unknown-agent"),
        ("money.send", {"account": "a"}, "teller", "arguments"),
        ("money.send", {"account": "a", "cents": float("nan")}, "teller", "arguments"),
        ("money.send", {"account": object()}, "teller", "arguments"),
        ("money.send", "not even an object", "teller", "arguments"),
        ("money.send", SMALL, "reader", "missing-scope"),
        ("money.send", SMALL, None, "no-permit"),
    ],
)
def test_what_does_not_fit_is_denied_and_recorded(
    guard: Guard, tool: str, args: object, agent: str | None, cause: str
) -> None:
    session = guard.session()
    decision = session.decide(tool, args, agent=agent)
    assert decision.answer == "deny"
    assert cause in causes(decision)
    assert len(list(history(guard.journal, session.id))) == 2


def test_a_decision_says_where_its_rules_stand(guard: Guard) -> None:
    decision = send(guard.session(), {"account": "blocked", "cents": 1})
    assert str(decision) == "money.send: denied: the account is blocked [bank/forbid#1]"
    line = next(number for number, text in enumerate(POLICY.splitlines(), 1) if "blocked" in text)
    assert f"(bank.ilk:{line})" in decision.explain()


def test_denied_calls_consume_nothing_and_unobserved_ones_stay_counted(guard: Guard) -> None:
    session = guard.session()
    for _ in range(5):
        assert not send(session, {"account": "blocked", "cents": 1})
    assert [send(session, SMALL).answer for _ in range(4)] == ["allow", "allow", "allow", "deny"]


def test_a_limit_counts_for_each_session_and_within_its_time(guard: Guard, clock: ManualClock) -> None:
    first, second = guard.session(), guard.session()
    assert all(send(first, SMALL) for _ in range(3))
    assert send(second, SMALL)
    assert causes(send(first, SMALL)) == ["limit"]
    clock.advance(61 * MINUTE)
    assert send(first, SMALL)


# --- what came of a call ----------------------------------------------------------------------------------------------


def test_a_result_is_reported_once(guard: Guard) -> None:
    session = guard.session()
    decision = send(session, SMALL)
    assert [call.id for call in session.under_way] == [decision.call]
    assert session.observe(decision, {"receipt": "r"}) == {"receipt": "r"}
    assert session.under_way == ()
    with pytest.raises(Refused):
        session.observe(decision, {"receipt": "r"})
    with pytest.raises(Refused):
        session.observe(send(session, {"account": "blocked", "cents": 1}), {})


class Raising(dict[str, object]):
    """A mapping that cannot be read."""

    def items(self) -> NoReturn:
        raise RuntimeError("a secret")


@pytest.mark.parametrize("wrong", [{"receipt": object()}, Raising()])
def test_a_result_that_cannot_be_recorded_leaves_the_call_in_doubt(guard: Guard, wrong: object) -> None:
    session = guard.session()
    with pytest.raises(InvalidInput):
        session.observe(send(session, SMALL, "k"), wrong)
    assert session.under_way == ()
    assert causes(send(session, SMALL, "k")) == ["repeated"]


def test_a_call_proposed_again_under_its_key_is_the_same_call(guard: Guard) -> None:
    session = guard.session()
    mark = {"account": "a"}
    first = session.decide("money.mark", mark, agent="teller", key="k")
    again = session.decide("money.mark", mark, agent="teller", key="k")
    assert (again.call, again.key) == (first.call, first.key)
    assert again
    assert causes(session.decide("money.mark", {"account": "b"}, agent="teller", key="k")) == ["arguments"]
    session.observe(first, {})
    assert causes(session.decide("money.mark", mark, agent="teller", key="k")) == ["repeated"]
    # It was counted once: two more are left.
    assert [send(session, SMALL).answer for _ in range(3)] == ["allow", "allow", "deny"]


def test_a_call_that_may_have_happened_is_not_allowed_again_unless_it_may_be_repeated(guard: Guard) -> None:
    session = guard.session()
    decision = send(session, SMALL, "k")
    assert causes(send(session, SMALL, "k")) == ["repeated"]
    session.failed(decision, "no route to the bank")
    again = send(session, SMALL, "k")
    assert again.answer == "allow"
    assert again.call != decision.call
    session.failed(again, kind="uncertain")
    assert causes(send(session, SMALL, "k")) == ["repeated"]


# --- approvals --------------------------------------------------------------------------------------------------------


def test_an_approval_is_for_exactly_one_call_and_used_once(guard: Guard) -> None:
    session = guard.session(principal=Principal("ann"))
    asked = send(session, LARGE)
    assert asked.approvals == send(session, LARGE).approvals == session.approvals
    session.approve(asked.approvals[0], by="maria", role="controller")
    assert send(session, {"account": "b", "cents": 50_000}).answer == "ask"
    assert send(session, LARGE)
    assert send(session, LARGE).answer == "ask"


@pytest.mark.parametrize(("by", "role"), [(" ANN ", "controller"), ("maria", "auditor"), ("", "controller")])
def test_who_cannot_approve_is_refused_and_that_is_on_record(guard: Guard, by: str, role: str) -> None:
    session = guard.session(principal=Principal("Ann"))
    asked = send(session, LARGE)
    before = len(list(history(guard.journal, session.id)))
    with pytest.raises(Refused):
        session.approve(asked.approvals[0], by=by, role=role)
    assert len(list(history(guard.journal, session.id))) == before + 1
    assert send(session, LARGE).answer == "ask"


def test_an_approval_expires_whether_it_was_given_or_not(guard: Guard, clock: ManualClock) -> None:
    session = guard.session()
    asked = send(session, LARGE)
    clock.advance(30 * MINUTE)
    assert session.approvals == ()
    with pytest.raises(Refused):
        session.approve(asked.approvals[0], by="maria", role="controller")
    again = send(session, LARGE)
    assert again.approvals[0].id != asked.approvals[0].id
    session.approve(again.approvals[0], by="maria", role="controller")
    clock.advance(30 * MINUTE)
    assert send(session, LARGE).answer == "ask"


def test_a_refusal_holds_as_long_as_the_approval_would_have(guard: Guard, clock: ManualClock) -> None:
    session = guard.session()
    session.deny(send(session, LARGE).approvals[0], by="maria", role="controller", reason="not today")
    denied = send(session, LARGE)
    assert denied.answer == "deny"
    assert "maria (controller) did not approve: not today" in str(denied)
    clock.advance(30 * MINUTE)
    assert send(session, LARGE).answer == "ask"


def test_everybody_who_has_to_agree_is_another_person(guard: Guard) -> None:
    session = guard.session()
    asked = {each.role: each for each in send(session, HUGE).approvals}
    assert {role: each.count for role, each in asked.items()} == {"controller": 1, "auditor": 2}
    session.approve(asked["controller"], by="maria", role="controller")
    for by in ("maria", "otto"):
        if by == "maria":
            with pytest.raises(Refused):
                session.approve(asked["auditor"], by=by, role="auditor")
        else:
            session.approve(asked["auditor"], by=by, role="auditor")
    with pytest.raises(Refused):
        session.approve(asked["auditor"], by="otto", role="auditor")
    assert [each.role for each in send(session, HUGE).approvals] == ["auditor"]
    session.approve(asked["auditor"], by="vera", role="auditor")
    assert send(session, HUGE)


def test_what_was_asked_or_decided_in_another_session_means_nothing_in_this_one(guard: Guard) -> None:
    one, other = guard.session(), guard.session()
    asked, elsewhere = send(one, LARGE).approvals[0], send(other, HUGE).approvals[0]
    assert (asked.id, asked.role) == (elsewhere.id, elsewhere.role)
    for answer in (other.approve, other.deny):
        with pytest.raises(Refused, match="something else"):
            answer(asked, by="maria", role="controller")
    assert elsewhere in other.approvals
    allowed, under_way = send(one, SMALL), send(other, SMALL)
    with pytest.raises(Refused, match="decided in session"):
        other.observe(allowed, {"receipt": "r"})
    with pytest.raises(Refused):
        other.failed(allowed)
    assert [call.id for call in other.under_way] == [under_way.call]


# --- listing ----------------------------------------------------------------------------------------------------------


def test_what_is_listed_is_what_can_be_called(guard: Guard) -> None:
    session = guard.session()
    assert session.allowed_tools("teller") == ("money.send", "money.mark")
    assert session.allowed_tools("reader") == ("accounts.get",)
    assert session.allowed_tools("stranger") == session.allowed_tools() == ()
    narrow = guard.session(principal=Principal("ann", scopes=frozenset({"money.look"})))
    assert narrow.allowed_tools("teller") == ()
    session.close()
    assert session.allowed_tools("teller") == ()


# --- other processes, threads, event loops ----------------------------------------------------------------------------


def test_a_session_goes_on_in_another_process(program: Program, clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    session = Guard(program, journal=SqliteJournal(path), clock=clock).session(principal=Principal("ann"))
    asked = send(session, LARGE)
    elsewhere = Guard(program, journal=SqliteJournal(path), clock=clock).resume(session.id)
    elsewhere.approve(asked.approvals[0].id, by="maria", role="controller")
    assert send(elsewhere, LARGE)
    assert send(session, LARGE).answer == "ask"
    journal = SqliteJournal(path)
    report = replay(journal, session.id)
    assert (report.same, report.status) == (True, "waiting")
    assert verify(journal).holds


def test_two_deciders_never_allow_more_than_one_would(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    first = Guard(program, journal=SqliteJournal(path)).session()
    sessions = [first, *(Guard(program, journal=SqliteJournal(path)).resume(first.id) for _ in range(2))]
    answers: list[str] = []

    def work(session: Session) -> None:
        answers.extend(send(session, SMALL).answer for _ in range(4))

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["allow"] * 3 + ["deny"] * 9
    assert replay(SqliteJournal(path), first.id).same


def test_a_guard_serves_many_threads(guard: Guard) -> None:
    session, answers = guard.session(), list[str]()
    threads = [threading.Thread(target=lambda: answers.append(send(session, SMALL).answer)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["allow"] * 3 + ["deny"] * 17
    assert guard.resume(session.id) is session


def test_an_event_loop_is_not_blocked(guard: Guard) -> None:
    async def main() -> list[str]:
        session = guard.session()
        first = await session.adecide("money.send", SMALL, agent="teller")
        await session.aobserve(first, {"receipt": "r"})
        asked = await session.adecide("money.send", LARGE, agent="teller")
        await session.aapprove(asked.approvals[0], by="maria", role="controller")
        allowed = await session.adecide("money.send", LARGE, agent="teller")
        await session.afailed(allowed, "no")
        again = await session.adecide("money.send", HUGE, agent="teller")
        await session.adeny(again.approvals[0], by="maria", role=again.approvals[0].role)
        return [first.answer, asked.answer, allowed.answer, again.answer]

    assert asyncio.run(main()) == ["allow", "ask", "allow", "ask"]


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_reload_that_fails_keeps_the_last_good_program(policy_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard.load(policy_file)
    session, before = guard.session(), guard.program.digest
    assert guard.reload() is False
    policy_file.write_text(POLICY.replace("permit money.* by teller", "permit money.* by nobody"))
    with pytest.raises(NotReloaded, match="nobody"):
        guard.reload()
    assert guard.program.digest == before
    assert "stays in force" in guard.stale
    assert "stays in force" in caplog.text
    policy_file.write_text(POLICY.replace('== "blocked"', '== "a"'))
    assert guard.reload() is True
    assert guard.stale == ""
    assert send(session, SMALL)
    assert not send(guard.session(), SMALL)


def test_a_guard_is_loaded_from_folders_and_bundles(policy_file: Path, tmp_path: Path) -> None:
    from interlock_dsl.program import bundle

    whole = Guard.load(tmp_path)
    (tmp_path / "bank.ilkb").write_bytes(bundle.dump(whole.program))
    assert Guard.load(tmp_path / "bank.ilkb").program.digest == whole.program.digest
    assert Guard.load([str(policy_file)]).program.digest == whole.program.digest
    for wrong in ([], [tmp_path / "bank.txt"], tmp_path / "bank.ilkb" / "x.ilk"):
        with pytest.raises(InvalidInput):
            Guard.load(wrong)
    (tmp_path / "bad.ilkb").write_bytes(b"{}")
    with pytest.raises(InvalidInput):
        Guard.load(tmp_path / "bad.ilkb")
