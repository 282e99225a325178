"""`make demo` works, and says so when something is not as it tells."""

import shutil
import subprocess
import sys
from pathlib import Path

from examples.stories import EXAMPLES
from repository.page import environment


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "demo.py")]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)


def test_the_demo_goes_through() -> None:
    done = demo(EXAMPLES)
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("waits for approval by supervisor", "refunded", "nothing differs", "holds together", "not offered"):
        assert shown in done.stdout


def test_the_demo_notices_what_is_not_as_it_tells(tmp_path: Path) -> None:
    """Without the approval the refund is paid at once, and the demo must not go on as if it were not."""
    folder = shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns(".interlock"))
    rules = folder / "refund" / "refund.ilk"
    text = rules.read_text()
    for part in (
        "    after approval by supervisor within 4h\n    escalate to duty_manager on expiry\n",
        "  never refunds.issue where args.amount > 10_000 before approval by supervisor\n",
    ):
        assert part in text
        text = text.replace(part, "")
    rules.write_text(text)
    done = demo(folder)
    assert done.returncode == 1
    assert "this is not as it should be" in done.stderr
