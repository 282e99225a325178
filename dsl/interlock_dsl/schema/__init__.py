"""Types at the border: JSON from models, tools and people becomes values of the language, and back.

`fit` accepts or refuses, `dump` is its inverse, `json_schema` is what a model is told, `sample` a smallest value.
A value that `fit` returned is plain (dicts, lists, numbers, text) except for uints, bytes, timestamps and durations,
which JSON carries as numbers and text.
"""

from interlock_dsl.schema.describe import json_schema
from interlock_dsl.schema.fit import fit
from interlock_dsl.schema.forms import dump, sample
from interlock_dsl.schema.misfit import Misfit

__all__ = ["Misfit", "dump", "fit", "json_schema", "sample"]
