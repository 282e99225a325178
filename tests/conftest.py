"""What all tests share."""

import os

from hypothesis import settings

# The machines that run the tests are shared, and the first parse of a process loads the parser: time is for bench/.
# The same examples every time, so that a failure tells of the change at hand; `INTERLOCK_RANDOM=1` looks for new ones.
settings.register_profile("interlock", deadline=None, derandomize="INTERLOCK_RANDOM" not in os.environ)
settings.load_profile("interlock")
