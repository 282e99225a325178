"""The parts of SARIF 2.1.0 that `check` writes, as its schema has them: names, kinds of values, what must be there.

A property that the schema lacks is an error here, and so is one that this file lacks.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

STRICT = ConfigDict(extra="forbid", strict=True)
Text = Annotated[str, StringConstraints(min_length=1)]
Uri = Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]
FromOne = Annotated[int, Field(ge=1)]
FromZero = Annotated[int, Field(ge=0)]
Level = Literal["none", "note", "warning", "error"]


@with_config(STRICT)
class Message(TypedDict):
    text: str


@with_config(STRICT)
class ArtifactLocation(TypedDict):
    uri: Uri


@with_config(STRICT)
class Region(TypedDict):
    startLine: FromOne
    startColumn: FromOne
    endLine: FromOne
    endColumn: FromOne
    charOffset: FromZero
    charLength: FromZero


@with_config(STRICT)
class PhysicalLocation(TypedDict):
    artifactLocation: ArtifactLocation
    region: Region


@with_config(STRICT)
class Location(TypedDict):
    id: NotRequired[FromZero]
    physicalLocation: PhysicalLocation
    message: NotRequired[Message]


@with_config(STRICT)
class ThreadFlowLocation(TypedDict):
    location: Location


@with_config(STRICT)
class ThreadFlow(TypedDict):
    locations: Annotated[list[ThreadFlowLocation], Field(min_length=1)]


@with_config(STRICT)
class CodeFlow(TypedDict):
    threadFlows: Annotated[list[ThreadFlow], Field(min_length=1)]


@with_config(STRICT)
class Replacement(TypedDict):
    deletedRegion: Region
    insertedContent: Message


@with_config(STRICT)
class ArtifactChange(TypedDict):
    artifactLocation: ArtifactLocation
    replacements: Annotated[list[Replacement], Field(min_length=1)]


@with_config(STRICT)
class Fix(TypedDict):
    description: Message
    artifactChanges: Annotated[list[ArtifactChange], Field(min_length=1)]


@with_config(STRICT)
class Suppression(TypedDict):
    kind: Literal["inSource", "external"]
    justification: str


@with_config(STRICT)
class Result(TypedDict):
    ruleId: Text
    ruleIndex: FromZero
    kind: Literal["notApplicable", "pass", "fail", "review", "open", "informational"]
    level: Level
    message: Message
    locations: list[Location]
    relatedLocations: NotRequired[list[Location]]
    codeFlows: NotRequired[list[CodeFlow]]
    fixes: NotRequired[list[Fix]]
    suppressions: NotRequired[list[Suppression]]
    partialFingerprints: dict[str, str]
    properties: dict[str, str]


@with_config(STRICT)
class Configuration(TypedDict):
    level: Level


@with_config(STRICT)
class ReportingDescriptor(TypedDict):
    id: Text
    name: Text
    shortDescription: Message
    help: Message
    defaultConfiguration: Configuration
    properties: dict[str, str]


@with_config(STRICT)
class Driver(TypedDict):
    name: Text
    version: Text
    rules: list[ReportingDescriptor]


@with_config(STRICT)
class Tool(TypedDict):
    driver: Driver


@with_config(STRICT)
class Run(TypedDict):
    tool: Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    results: list[Result]


Log = TypedDict(
    "Log",
    {"$schema": Uri, "version": Literal["2.1.0"], "runs": Annotated[list[Run], Field(min_length=1)]},
)
with_config(STRICT)(Log)
LOG = TypeAdapter(Log)
