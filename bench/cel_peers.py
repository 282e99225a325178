"""The other implementations of CEL, timed beside the lambda: `bench/cel.py` runs this in an environment of its own.

Prints one JSON object: for each guard the nanoseconds of the lambda and of each implementation that can evaluate it.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from cel_guards import BINDINGS, GUARDS, Moment, with_moments
from measure import apart, interleaved

# This folder holds a `cel.py` too, and one of the others is imported by that name.
sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

Contender = Callable[[], object]


def cel_python(text: str) -> Contender:
    import celpy

    environment = celpy.Environment()
    program = environment.program(environment.compile(text))
    activation = {name: celpy.json_to_cel(value) for name, value in bindings(text).items()}
    return lambda: program.evaluate(activation)


def rust(text: str) -> Contender:
    import cel

    program, values = cel.compile(text), bindings(text)
    return lambda: program.execute(values)


def cpp(text: str) -> Contender:
    from cel_expr_python import cel

    values = bindings(text)
    environment = cel.NewEnv(variables=dict.fromkeys(values, cel.Type.DYN))
    expression = environment.compile(text)
    return lambda: expression.eval(data=values).plain_value()


PEERS: dict[str, Callable[[str], Contender]] = {
    "cel-python": cel_python,
    "common-expression-language": rust,
    "cel-expr-python": cpp,
}
COUNTS = {"lambda": 1_000, "cel-python": 2, "common-expression-language": 20, "cel-expr-python": 20}


def bindings(text: str) -> dict[str, object]:
    """Return the variables that an expression reads; to convert the others would not be fair."""
    made = with_moments(BINDINGS, Moment.as_datetime)
    assert isinstance(made, dict)
    return {name: value for name, value in made.items() if re.search(rf"\b{name}\b", text)}


def repeated(run: Contender, times: int) -> Contender:
    def runs() -> None:
        for _ in range(times):
            run()

    return apart(runs)


def main() -> None:
    rows: list[dict[str, float]] = []
    for text, by_hand in GUARDS:
        contenders: dict[str, Contender] = {"lambda": apart(lambda by_hand=by_hand: by_hand(BINDINGS))}
        for name, prepare in PEERS.items():
            try:
                run = prepare(text)
                if bool(run()) is not bool(by_hand(BINDINGS)):  # type: ignore[arg-type]
                    raise ValueError("another answer")
                contenders[name] = run
            except Exception as error:
                print(f"{name}: {text}: {str(error)[:100]}", file=sys.stderr)
        timed = {name: repeated(run, COUNTS[name]) for name, run in contenders.items()}
        taken = interleaved(timed, rounds=51)
        rows.append({name: seconds / COUNTS[name] * 1e9 for name, seconds in taken.items()})
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
