"""The JSON form of what the ledger holds."""

from typing_extensions import TypedDict


class LedgerLineJson(TypedDict):
    """What is used of one limit for one key, in `interlock ledger --format json`.

    `rule`, `most` and `period` (microseconds) are those of the longest window asked for; `key` is the canonical JSON of
    a list, empty where the limit holds overall; `since` is the first reservation that counts.
    """

    rule: str
    limit: str
    key: str
    used: int
    most: int
    period: int
    since: str
