"""The follower of pages: that a page which tells the truth passes, and one which does not fails where it lies."""

from pathlib import Path

import pytest

from repository.page import follow

HONEST = """\
# A page

```python greet.py
print("hello,  world", 7)
```

```console
$ python greet.py
hello, world
$ python -c 'print("one"); print("two"); print("three")'
one
...
thr...
```

```diff greet.py
-print("hello,  world", 7)
+raise SystemExit("error: not today")
```

```console
$ python greet.py
error: not today
```
"""


def test_an_honest_page_passes(tmp_path: Path) -> None:
    assert _follow(HONEST, tmp_path) == 3


@pytest.mark.parametrize(
    ("truth", "lie", "where"),
    [
        ("hello, world\n", "hello, moon\n", "page.md:8: `python greet.py` did not print `hello, moon`"),
        ("one\n...\nthr...", "three\none", "did not print `one`"),
        ("error: not today\n", "all is well\n", "page.md:22: `python greet.py` gave exit code 1"),
        ('-print("hello,  world", 7)', '-print("hello", 7)', "page.md:16: this is not in the file exactly once"),
    ],
)
def test_a_page_that_lies_fails_and_says_where(tmp_path: Path, truth: str, lie: str, where: str) -> None:
    assert truth in HONEST
    page = HONEST[::-1].replace(truth[::-1], lie[::-1], 1)[::-1]
    with pytest.raises(AssertionError) as caught:
        _follow(page, tmp_path)
    assert where in str(caught.value)


def _follow(text: str, folder: Path) -> int:
    page = folder / "page.md"
    page.write_text(text)
    return follow(page, folder)
