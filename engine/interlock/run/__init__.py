"""One run of a program, as a fold over its events: pure, and without any input or output of its own."""

from interlock.run.lifecycle.start import prepare
from interlock.run.machine import Machine, Status

__all__ = ["Machine", "Status", "prepare"]
