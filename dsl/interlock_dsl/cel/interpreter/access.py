"""Fields and items: `a.f`, `a.?f`, `a[i]`, `a[?i]`, `has(a.f)`, and how all of them pass through optionals."""

from collections.abc import Callable, Mapping

from interlock_dsl.cel.values import MISSING, NONE, Fault, Optional, adapt, find, type_name


def field(value: object, name: str) -> object:
    """Return `value.name`."""
    if isinstance(value, Mapping):
        found = find(value, name)
        if found is MISSING:
            raise Fault("no-such-key", f"there is no key `{name}`")
        return adapt(found)
    if isinstance(value, Optional):
        return _through(value, lambda inner: optional_field(inner, name))
    raise _no_fields(value, name)


def optional_field(value: object, name: str) -> Optional:
    """Return `value.?name`."""
    if isinstance(value, Mapping):
        return _present(find(value, name))
    if isinstance(value, Optional):
        return _through(value, lambda inner: optional_field(inner, name))
    raise _no_fields(value, name)


def has(value: object, name: str) -> bool:
    """Return `has(value.name)`."""
    if isinstance(value, Mapping):
        return find(value, name) is not MISSING
    if isinstance(value, Optional):
        return value.present and has(adapt(value.value), name)
    raise _no_fields(value, name)


def item(value: object, index: object) -> object:
    """Return `value[index]`."""
    if isinstance(value, Optional):
        return _through(value, lambda inner: optional_item(inner, index))
    found = _item(value, index)
    if found is not MISSING:
        return adapt(found)
    if isinstance(value, Mapping):
        raise Fault("no-such-key", f"there is no key {_shown(index)}")
    assert isinstance(value, list | tuple)
    raise Fault("no-such-index", f"there is no item {_shown(index)} in a list of {len(value)}")


def optional_item(value: object, index: object) -> Optional:
    """Return `value[?index]`."""
    if isinstance(value, Optional):
        return _through(value, lambda inner: optional_item(inner, index))
    return _present(_item(value, index))


def _item(value: object, index: object) -> object:
    if isinstance(value, Mapping):
        return find(value, index)
    if isinstance(value, list | tuple):
        at = _position(index)
        return value[at] if 0 <= at < len(value) else MISSING
    raise Fault("no-such-overload", f"a value of type {type_name(value)} has no items")


def _position(index: object) -> int:
    if isinstance(index, int) and not isinstance(index, bool):
        return int(index)
    if isinstance(index, float) and index.is_integer():
        return int(index)
    raise Fault("no-such-overload", f"a list has no item {_shown(index)}: items are counted by whole numbers")


def _through(value: Optional, read: Callable[[object], Optional]) -> Optional:
    return read(adapt(value.value)) if value.present else NONE


def _present(found: object) -> Optional:
    return NONE if found is MISSING else Optional.of(adapt(found))


def _no_fields(value: object, name: str) -> Fault:
    return Fault("no-such-overload", f"a value of type {type_name(value)} has no field `{name}`")


def _shown(index: object) -> str:
    match index:
        case bool():
            return "true" if index else "false"
        case str():
            return f'"{index if len(index) <= 40 else index[:37] + "..."}"'
        case int() | float():
            return repr(index)
    return f"of type {type_name(index)}"
