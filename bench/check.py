"""How long checking takes, part by part, and that it grows with the file and no faster.

    python bench/check.py                  # everything
    python bench/check.py fork rules       # some of it
    python bench/check.py chain --small    # one shape, 250 and 1,000 steps in place of 1,000 and 4,000

Each limit is one line: what was measured, the figure, the limit, and where they can be told apart the parts. Times are
of the processor. The exit code is 1 where a limit is exceeded. The shapes show what four times the steps cost: 4 is
linear, 5 is allowed.
"""

import argparse
import gc
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from interlock_cli.compiling import PARTS
from interlock_dsl import check_text
from interlock_dsl.cel.parser.grammar import PACKAGE
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.syntax.grammar import FILES

ROOT = Path(__file__).parents[1]
MOST = 5.0
"""Four times the steps may cost so many times as much."""
COLD, WARM = 0.8, 0.15
"""Seconds for an example in a new process, and for a changed file of 300 lines in one that has checked it before."""
FORK, RULES = 1.0, 5.0
"""Seconds for 60 routes from one step, and for 1,000 rules of a policy."""
STEPS = {False: 2.0, True: 10.0}
"""Seconds for 1,000 steps, without and with proofs."""
MEMORY = 400
"""Megabytes."""


def chain(steps: int) -> Iterator[str]:
    """One step after the other, each reads the one before; every third may fail."""
    yield "start -> s0"
    for n in range(steps):
        yield f"step s{n} sets {{ n: {f's{n - 1}.n + 1' if n else 'n'} }}"
        yield f"s{n} -> {f's{n + 1}' if n + 1 < steps else 'done'} when s{n}.n > 0"
        yield f"s{n} -> failed otherwise"


def wide(steps: int) -> Iterator[str]:
    """Choices among fifty steps by their own conditions, one choice after the other."""
    yield "step c0 sets { n: n }  start -> c0"
    choices = steps // 51
    for n in range(choices):
        names = [f"s{n}_{at}" for at in range(50)]
        yield f"step c{n + 1} sets {{ n: n }}  {' '.join(f'step {name} sets {{ n: c{n}.n }}' for name in names)}"
        for at, name in enumerate(names):
            yield f"c{n} -> {name} when c{n}.n == {at}  {name} -> c{n + 1} when {name}.n >= 0"
            yield f"{name} -> failed otherwise"
        yield f"c{n} -> failed otherwise"
    yield f"c{choices} -> done"


def parallel(steps: int) -> Iterator[str]:
    """Many branches at once, merged by one join."""
    names = [f"s{n}" for n in range(steps - 1)]
    yield f"start -> {', '.join(names)}"
    yield from (f"step {name} sets {{ n: n }}" for name in names)
    yield f"step last sets {{ n: s0.n }}  {', '.join(names)} -> last merge all  last -> done"


def diamonds(steps: int) -> Iterator[str]:
    """Forks of three that are merged, one after the other: all, any, and two of three."""
    yield "step s0 sets { n: n }  start -> s0"
    count = (steps - 1) // 4
    for n in range(count):
        merge = ("merge all", "merge any", "merge 2 of 3")[n % 3]
        names = [f"{letter}{n}" for letter in "abc"]
        yield from (f"step {name} sets {{ n: s{n}.n }}" for name in names)
        yield f"step s{n + 1} sets {{ n: n }}  s{n} -> {', '.join(names)}  {', '.join(names)} -> s{n + 1} {merge}"
    yield f"s{count} -> done"


def loops(steps: int) -> Iterator[str]:
    """A chain in which every second step may go back to the one before, and every tenth to the beginning."""
    yield "start -> s0"
    for n in range(steps):
        yield f"step s{n} sets {{ n: n }}"
        yield f"s{n} -> {f's{n + 1}' if n + 1 < steps else 'done'} when s{n}.n > 0"
        if n % 10 == 9:
            yield f"s{n} -> s0 when s{n}.n < 0 at most 2 times, then -> failed"
        elif n % 2:
            yield f"s{n} -> s{n - 1} when s{n}.n < 0 at most 2 times, then -> failed"
        yield f"s{n} -> failed otherwise"


SHAPES: Mapping[str, Callable[[int], Iterator[str]]] = {
    "chain": chain,
    "wide": wide,
    "parallel": parallel,
    "diamonds": diamonds,
    "loops": loops,
}


def text_of(shape: str, steps: int) -> str:
    """Return a workflow of a shape."""
    lines = "\n".join(SHAPES[shape](steps))
    failed = "end failed\n" if "failed" in lines else ""
    return f"workflow w(n: int) {{\nend done\n{failed}{lines}\n}}\n"


def fork(routes: int) -> str:
    """Return a workflow in which one step has many routes, by ranges of a number."""
    lines = [f"s -> e{n} when s.n >= {n * 10} && s.n < {n * 10 + 10}" for n in range(routes - 1)]
    ends = " ".join(f"end e{n}" for n in range(routes))
    body = "\n".join([*lines, f"s -> e{routes - 1} otherwise"])
    return f"workflow w(n: int in 0..100_000) {{\n{ends}\nstep s sets {{ n: n }}\nstart -> s\n{body}\n}}\n"


def rules(count: int) -> str:
    """Return a policy of many rules for a few tools, each for a range of its own."""
    tools = "".join(f"tool t.t{n}(n: int in 0..1_000_000) {{ needs t.write  effect write }}\n" for n in range(10))
    lines = "".join(
        f"  forbid t.t{n % 10} when args.n >= {n * 100} && args.n < {n * 100 + 50}\n" for n in range(count - 10)
    )
    permits = "".join(f"  permit t.t{n}\n" for n in range(10))
    return f"{tools}policy p {{\n{lines}{permits}}}\n"


def parts(text: str, *, proofs: bool = True, rounds: int = 1) -> dict[str, float]:
    """Return the seconds of the processor that each part of checking takes, the least of several rounds."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        gc.collect()
        took: dict[str, float] = {}
        last = time.process_time()

        def after(stage: str, took: dict[str, float] = took) -> None:
            nonlocal last
            now = time.process_time()
            part = PARTS.get(stage, stage)
            took[part] = took.get(part, 0.0) + now - last
            last = now

        program, diagnostics = check(["bench.ilk"], {"bench.ilk": text}.__getitem__, after, Lint(proofs=proofs))
        if program is None:
            raise SystemExit(f"the file does not compile: {diagnostics[0]}")
        if not best or sum(took.values()) < sum(best.values()):
            best = took
    return best


class Limits:
    """Prints what was measured beside its limit, and remembers whether one was exceeded."""

    def __init__(self) -> None:
        self.exceeded = False

    def show(self, what: str, value: float, limit: float, unit: str = "s", detail: str = "") -> None:
        """Print a line; `detail` stands at its end."""
        self.exceeded |= value > limit
        sign = "EXCEEDS" if value > limit else "of at most"
        print(f"{what:<46}{value:>9.2f} {unit:<6}{sign:>11} {limit:g} {unit} {detail}".rstrip(), flush=True)

    def times(self, what: str, took: Mapping[str, float], limit: float | None) -> float:
        """Print the sum of the parts, and the parts; None: that has no limit. Return the sum."""
        whole = sum(took.values())
        detail = "  " + "  ".join(f"{part} {took[part]:.2f}" for part in took)
        if limit is None:
            print(f"{what:<46}{whole:>9.2f} s {detail}", flush=True)
        else:
            self.show(what, whole, limit, detail=detail)
        return whole


def cold(limits: Limits, rounds: int) -> None:
    """An example in a new process, from the start of Python to its end, with bytecode as an installation has it."""
    saved = ROOT / "dsl" / PACKAGE / FILES.tables_path
    if not saved.is_file() or f'"{FILES.digest()}"' not in saved.read_text()[:100]:
        raise SystemExit("the parser's tables are not those of the grammar: `make setup` saves them")
    with TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for path in sorted((ROOT / "examples").glob("*/*.ilk")):
            command = [sys.executable, "-m", "interlock_cli", "check", str(path)]
            _spent(command, environment)  # writes the bytecode
            best = min(_spent(command, environment) for _ in range(rounds))
            limits.show(f"cold: {path.parent.name}/{path.name}", best, COLD)


def _spent(command: list[str], environment: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def warm(limits: Limits, rounds: int) -> None:
    """A changed file of about 300 lines in a process that has checked it before, with proofs."""
    path = max((ROOT / "tests" / "realistic").glob("*.ilk"), key=lambda path: path.read_text().count("\n"))
    text = path.read_text()
    parts(text)
    took = [parts(text.replace("workflow", f"// {n}\n" * 35 + "workflow", 1)) for n in range(rounds)]
    lines = text.count("\n") + 35
    limits.times(f"warm: {path.name} with {lines} lines", min(took, key=lambda each: sum(each.values())), WARM)


def memory(limits: Limits) -> None:
    """The largest memory of a process that checks a chain of steps."""
    code = "import check, resource; check.parts(check.text_of('chain', 1000)); "
    code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "bench", capture_output=True, text=True, check=True)
    limits.show("memory: 1,000 steps in a chain, with proofs", int(done.stdout) / 1024, MEMORY, "MB")


def shape(name: str, limits: Limits, few: int, many: int, rounds: int) -> None:
    """A shape of two sizes, without and with proofs."""
    for proofs in (False, True):
        said = f"{name}, {'with' if proofs else 'without'} proofs"
        whole = [
            limits.times(
                f"{said}: {steps:,} steps",
                parts(text_of(name, steps), proofs=proofs, rounds=rounds if steps == few else 1),
                STEPS[proofs] if steps == 1_000 else None,
            )
            for steps in (few, many)
        ]
        limits.show(f"{said}: {many:,} beside {few:,}", whole[1] / whole[0], MOST, "times")


def main() -> int:
    """Measure; return 1 if a limit is exceeded."""
    others = ("cold", "warm", "fork", "rules", "memory")
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("what", nargs="*", choices=[*others, *SHAPES, []])
    arguments.add_argument("--small", action="store_true", help="250 and 1,000 steps")
    arguments.add_argument("--rounds", type=int, default=3, help="the least of so many rounds counts")
    given = arguments.parse_args()
    wanted = given.what or [*others, *SHAPES]
    limits = Limits()
    check_text("workflow w(n: int) { end done  start -> done }")  # libraries are loaded
    os.environ.setdefault("NO_COLOR", "1")
    if "cold" in wanted:
        cold(limits, given.rounds)
    if "warm" in wanted:
        warm(limits, given.rounds)
    if "fork" in wanted:
        limits.times("60 routes from one step", parts(fork(60)), FORK)
    if "rules" in wanted:
        limits.times("1,000 rules of a policy", parts(rules(1_000)), RULES)
    if "memory" in wanted:
        memory(limits)
    few, many = (250, 1_000) if given.small else (1_000, 4_000)
    for name in SHAPES:
        if name in wanted:
            shape(name, limits, few, many, given.rounds)
    return int(limits.exceeded)


if __name__ == "__main__":
    sys.exit(main())
