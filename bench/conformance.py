"""Count the public conformance tests of CEL that pass: `python bench/conformance.py [--json] FILE_OR_FOLDER...`.

The exit status is 0 when all that is not left out passes, 1 when not, 2 for a file that cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from interlock_dsl.cel.conformance import run, show


def texts(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the texts of files, and of the `*.json` files of folders."""
    for path in paths:
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            yield file.read_text("utf-8")


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description="Run CEL conformance tests.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--failures", action="store_true", help="name every failed test and say why it failed")
    options = parser.parse_args()
    try:
        report = run(texts(options.paths))
    except (OSError, ValueError, KeyError) as error:
        print(f"the tests cannot be read: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.as_json(), indent=2) if options.json else show(report, failures=options.failures))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
