"""Types at the border: JSON from models, tools and people becomes values of the language, and back.

`decode` validates, `encode` is its inverse, `json_value` checks what has no declared type, `json_schema` is what a
model is told, `sample` a smallest value. A value that `decode` returned is plain (dicts, lists, numbers, text) except
for uints, bytes, timestamps and durations, which JSON carries as numbers and text. `schema.canonical` writes bytes.
"""

from interlock_dsl.schema.decode import decode
from interlock_dsl.schema.describe import json_schema
from interlock_dsl.schema.encode import encode
from interlock_dsl.schema.errors import ValidationError
from interlock_dsl.schema.json_value import Json, json_value
from interlock_dsl.schema.sample import sample

__all__ = ["Json", "ValidationError", "decode", "encode", "json_schema", "json_value", "sample"]
