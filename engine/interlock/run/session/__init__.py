"""A session: policies around an agent that follows no workflow, as a fold of its events.

The same verbs as the machine of runs: `feed`, `commands`, `outcome`, `pending`, `status`, `digest`, `replay`. A session
decides the calls that are proposed to it and keeps what later decisions rest on: the calls that were allowed, the
approvals that were asked for and given. It performs nothing; whoever makes the calls reports what came of them.
"""

from interlock.run.session.machine import SessionMachine

__all__ = ["SessionMachine"]
