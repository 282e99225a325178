"""Settings are checked by hand, as strictly as a library would check them."""

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from interlock_cli import settings
from interlock_cli.errors import CommandError

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Oracle(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    files: list[str] = []
    tools: str = ""
    answers: str = ""
    journal: str = ""
    strict: bool = False
    models: dict[str, str] = {}
    prices: dict[str, Annotated[list[Price], Field(min_length=2, max_length=2)]] = {}


SCALARS = st.one_of(
    st.text(max_size=3),
    st.integers(-2, 2),
    st.booleans(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.dates(),
)
LISTS = st.lists(st.text(max_size=2), max_size=3) | st.lists(SCALARS, max_size=3)
PRICES = st.lists(st.floats(-1, 2) | st.integers(-1, 2), min_size=1, max_size=3)
TABLES = st.dictionaries(st.sampled_from("ab"), st.text(max_size=2) | SCALARS | LISTS | PRICES, max_size=2)
NAMES = st.sampled_from([*settings.SETTINGS, "file", "Files"])


@given(table=st.dictionaries(NAMES, SCALARS | LISTS | TABLES, max_size=3))
def test_what_is_accepted_is_what_a_library_accepts(table: dict[str, object]) -> None:
    try:
        Oracle.model_validate(table)
    except ValidationError as error:
        first = ".".join(map(str, error.errors()[0]["loc"]))
        with pytest.raises(CommandError) as caught:
            settings.check(Path("interlock.toml"), table)
        # Of a list that is too long and holds what is no price, either may be said.
        assert f"sets `{first}" in caught.value.message
    else:
        settings.check(Path("interlock.toml"), table)


def test_every_setting_has_its_place_and_its_default() -> None:
    plain = settings.Settings()
    assert {name: each.default for name, each in settings.SETTINGS.items()} == {
        name: getattr(plain, name) for name in settings.Settings.__dataclass_fields__
    }
