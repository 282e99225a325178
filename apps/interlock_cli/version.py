"""Which release this is."""


def version() -> str:
    """Return the installed release, such as `0.1.0`."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("interlock")
    except PackageNotFoundError:
        return "0 (not installed)"
