"""What is lost in an event loop is found: an error that reaches nobody but the log of asyncio fails the test."""

import logging
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    lost: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lost.append  # type: ignore[method-assign]
    log = logging.getLogger("asyncio")
    log.addHandler(handler)
    try:
        result = yield
    finally:
        log.removeHandler(handler)
    assert lost == [], "; ".join(record.getMessage() for record in lost)
    return result
