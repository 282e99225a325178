"""What all tests share."""

from hypothesis import settings

# The machines that run the tests are shared, and the first parse of a process loads the parser: time is for bench/.
settings.register_profile("interlock", deadline=None)
settings.load_profile("interlock")
