"""# unknown-time-zone

A time zone that is written out and does not exist: what reads it never has a value, so a `forbid` applies always, a
`permit` never, and a route is not taken. Zones are those of the IANA database, such as `Europe/Berlin`, or an offset
such as `+01:00`.

```ilk
tool payments.send(amount: int) { needs payments.write  effect write }

policy hours {
  permit payments.send
    when now.getHours("Europe/Berlim") < 18   // error: [unknown-time-zone] "there is no time zone `Europe/Berlim`"
}
```

```ilk
tool payments.send(amount: int) { needs payments.write  effect write }

policy hours {
  permit payments.send
    when now.getHours("Europe/Berlin") < 18
}
```

Found by looking zones up as an evaluation does, in the package `tzdata`. Certain. A zone that is worked out is not
looked at.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.values.functions import OF_CALENDAR, zone_exists
from interlock_dsl.analysis.values.points import point
from interlock_dsl.cel.tree import Call, Literal
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, instead

OTHERWISE = "write a zone of the IANA database, such as `Europe/Berlin`, or an offset"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the time zones that do not exist."""
    for place in program.places:
        for node in walk(place.checked.expression):
            match node:
                case Call(function=function, arguments=(Literal(value=str() as zone) as written,)):
                    if function in OF_CALENDAR and not zone_exists(point(zone)):
                        help = (
                            _meant(zone) or "write a zone of the IANA database, such as `Europe/Berlin`, or an offset"
                        )
                        yield diagnose("unknown-time-zone", f"there is no time zone `{zone}`", written.span, help=help)
                case _:
                    pass


def _meant(zone: str) -> str | None:
    names = _names()
    city = zone.rpartition("/")[2].lower()
    same = [name for name in names if name.rpartition("/")[2].lower() == city]
    return f"did you mean `{same[0]}`?" if len(same) == 1 else instead(zone, names)


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(files("tzdata").joinpath("zones").read_text().split())
