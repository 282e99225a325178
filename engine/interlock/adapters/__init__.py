"""A guard around an agent of another framework: one file for each, which alone imports it, and one for plain functions.

    pip install 'interlock[langchain]'
    from interlock.adapters.langchain import GuardMiddleware

Every call that a framework is about to make is decided by a `Session`, made with the arguments that were decided, and
what came of it is reported. Whatever raises in between, no call is made that was not allowed.
"""
