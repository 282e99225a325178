"""The JSON of proofs: certificates, and what two versions of a program differ in. As `json_models`."""

from typing import Literal

from typing_extensions import TypedDict

from interlock_cli.formats.json_models import Json, Place


class CertifiedPromiseJson(TypedDict):
    """A promise as it is written, and what was shown of it; `reason` says why it is not proved."""

    id: str
    promise: str
    answer: Literal["proved", "refuted", "unknown"]
    reason: str


class CertifiedJson(TypedDict):
    """The promises of one program: its files, as they were named, and its digest."""

    files: list[str]
    digest: str
    promises: list[CertifiedPromiseJson]


class CertificateJson(TypedDict):
    """What was shown of the promises of programs, by which release and solver (null: without one)."""

    version: int
    interlock: str
    solver: str | None
    programs: list[CertifiedJson]


class VersionJson(TypedDict):
    """One of two versions of a program."""

    files: list[str]
    digest: str


class DifferenceJson(TypedDict):
    """What a change permits or refuses, or changes otherwise; values that show it, by path.

    `states`: something else is said of the program (a promise that every run keeps anyway, a label), and the same is
    permitted. `unknown`: whether there is a difference was not shown, and `reason` says why. `place` is in the new
    version, or in the old one for what is gone.
    """

    direction: Literal["permits", "refuses", "changes", "states", "unknown"]
    subject: str
    text: str
    place: Place | None
    values: dict[str, Json]
    reason: str


class DiffJson(TypedDict):
    """What two versions of a program differ in. Without differences, both permit the same."""

    version: int
    old: VersionJson
    new: VersionJson
    differences: list[DifferenceJson]
