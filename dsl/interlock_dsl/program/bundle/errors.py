"""What is wrong with a bundle."""


class BundleError(ValueError):
    """A bundle cannot be written or read. `str(error)` is a sentence that follows the bundle's name."""
