"""The program as a process: what it imports, how it speaks, how it stops."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.main import NAMES, run
from interlock_cli.version import version

SLOW = """\
import os
from interlock import Toolbox

toolbox = Toolbox()


@toolbox.tool("credits.give")
def give(ticket: str, amount: int) -> dict[str, object]:
    with open("entered", "w") as entered:
        entered.write("now")
    with open("gate") as gate:  # a pipe that nobody writes to
        gate.read()
    return {"number": "C1"}
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "NO_COLOR"))}
    return kept | more


def program(
    *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "interlock_cli", *args],
        env=environment(**(env or {})),
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def test_version_and_help() -> None:
    assert interlock("--version").out == f"interlock {version()}\n"
    overview = interlock().out
    assert overview == interlock("--help").out == interlock("help").out
    for verb, help in NAMES.items():
        assert f"  {verb} " in overview and help in overview


@pytest.mark.parametrize("verb", NAMES)
def test_every_verb_explains_itself(verb: str) -> None:
    ran = interlock(verb, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: interlock {verb} ")
    assert interlock("help", verb).out == ran.out
    assert interlock(verb, "-h").out == ran.out


@pytest.mark.parametrize("verb", NAMES)
def test_every_verb_refuses_an_option_it_does_not_know(verb: str) -> None:
    ran = interlock(verb, "--no-such-option")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: there is no option `--no-such-option`\n")
    assert ran.err.endswith(f"  = help: `interlock {verb} --help` shows what it takes\n")


def test_a_misspelled_option_gets_a_suggestion() -> None:
    ran = interlock("check", "--timing")
    assert ran.err == "error: there is no option `--timing`\n  = help: did you mean `--timings`?\n"


def test_an_unknown_verb_gets_a_suggestion() -> None:
    ran = interlock("chek")
    assert (ran.code, ran.err) == (2, "error: there is no verb `chek`\n  = help: did you mean `check`?\n")
    assert interlock("fly").err == "error: there is no verb `fly`\n  = help: `interlock --help` lists the verbs\n"


@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        (["--version"], ("click", "rich", "pydantic", "interlock_dsl", "interlock")),
        (["--help"], ("click", "pydantic", "interlock_dsl", "interlock")),
        (["new", "desk"], ("pydantic", "interlock_dsl.cel", "interlock", "networkx")),
        (["runs"], ("pydantic", "networkx", "lark", "yaml", "asyncio")),
        (["check", "-"], ("pydantic", "yaml", "interlock", "asyncio")),
    ],
)
def test_a_verb_imports_only_what_it_needs(tmp_path: Path, args: list[str], unwanted: tuple[str, ...]) -> None:
    script = f"""
import sys
from interlock_cli.main import run
run({args!r})
print(*(name for name in {unwanted!r} if name in sys.modules), file=sys.__stdout__)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1] == "", done


def test_an_error_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("nothing to\ndivide by")

    monkeypatch.setattr("interlock_cli.sources.units", broken)
    ran = interlock("check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: internal error: ZeroDivisionError: nothing to\n  = help: INTERLOCK_TRACEBACK=1 shows where\n"
    )
    with pytest.raises(ZeroDivisionError):
        interlock("check", env={"INTERLOCK_TRACEBACK": "1"})


def test_colours_are_for_terminals_only(desk: Path) -> None:
    assert "\x1b" not in program("test", cwd=desk).stdout
    assert "\x1b[32m" in on_terminal(desk, "test")
    assert "\x1b[32m" not in on_terminal(desk, "test", NO_COLOR="1")


def test_progress_is_for_terminals_only(desk: Path) -> None:
    assert program("run", "--input", "@ticket.json", cwd=desk).stderr == ""
    assert "clerk" in on_terminal(desk, "run", "--input", "@ticket.json")


def test_signs_fall_back_to_ascii(desk: Path) -> None:
    for env in ({"PYTHONIOENCODING": "ascii"}, {"INTERLOCK_ASCII": "1"}):
        done = program("test", cwd=desk, env=env)
        assert done.returncode == 0
        assert "  + a small credit is given at once\n" in done.stdout
        assert done.stdout.isascii()


def test_text_that_a_stream_cannot_show_is_no_error(desk: Path) -> None:
    (desk / "desk.ilk").write_text((desk / "desk.ilk").read_text().replace("a small credit", "Guthaben für Ä"))
    done = program("test", cwd=desk, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "internal" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(desk: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "interlock_cli", "graph"],
        cwd=desk,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupted_run_says_how_to_go_on(desk: Path) -> None:
    (desk / "tools.py").write_text(SLOW)
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: 500}\n")
    os.mkfifo(desk / "gate")
    os.mkfifo(desk / "entered")
    started = subprocess.Popen(
        [sys.executable, "-m", "interlock_cli", "run", "--input", "@ticket.json"],
        cwd=desk,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have them ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (desk / "entered").read_text() == "now"  # waits until the tool is under way
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out) == (130, "")
    run_id = err.split("run ")[1].split(" ")[0]
    assert err == f"error: interrupted; run {run_id} is safe\n  = help: `interlock resume {run_id}` goes on\n"
    (desk / "tools.py").write_text(SLOW.split("    with open")[0] + '    return {"number": "C1"}\n')
    resumed = program("resume", run_id, cwd=desk)
    assert (resumed.returncode, resumed.stdout.splitlines()[0]) == (0, '■ credited  { number: "C1", amount: 500 }')


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("args", ["check -", "runs", "--version", "run --input @ticket.json"])
def test_closed_streams_are_no_error(desk: Path, args: str, closed: str) -> None:
    command = f"{sys.executable} -m interlock_cli {args} {closed}"
    done = subprocess.run(
        command, shell=True, cwd=desk, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == (2 if args == "runs" else 0), done
    assert "internal error" not in done.stderr


def test_a_current_folder_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = f"cd {tmp_path}/gone && rmdir ../gone && {sys.executable} -m interlock_cli check"
    done = subprocess.run(command, shell=True, env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("error: the current folder does not exist any more\n  = help: change to one that does\n")


def test_completion_knows_the_verbs() -> None:
    done = program(env={"_INTERLOCK_COMPLETE": "bash_complete", "COMP_WORDS": "interlock re", "COMP_CWORD": "1"})
    assert {"plain,replay", "plain,resume"} <= set(done.stdout.split())


def test_arguments_default_to_those_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from interlock_cli.main import main

    monkeypatch.setattr(sys, "argv", ["interlock", "nonsense"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert run(["--version"]) == 0


def on_terminal(cwd: Path, *args: str, **env: str) -> str:
    """Run a command with a terminal for everything, and return what it shows."""
    child, screen = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execve(
            sys.executable,
            [sys.executable, "-m", "interlock_cli", *args],
            environment(TERM="xterm-256color", COLUMNS="100", **env),
        )
    shown = b""
    while True:
        try:
            piece = os.read(screen, 65536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            break
        if not piece:
            break
        shown += piece
    os.waitpid(child, 0)
    os.close(screen)
    return shown.decode()
