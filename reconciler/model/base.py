"""What was declared when the store was last applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.desired import Declared
from reconciler.model.stock import Stock


class Pending(NamedTuple):
    """A write that an apply began and did not report: it may have landed or not.

    `declared` is what would hold then.
    """

    sku_id: str
    before: Stock
    after: Stock
    declared: Declared


@dataclass(frozen=True, slots=True)
class Base:
    """What was declared when the store was last applied: the desired state at a commit.

    `source` is the commit whose YAML it is; `commit` is the same, or the record of its apply.
    `pending` are the writes of an apply that began after it and never ended.
    """

    commit: str
    source: str
    date: str
    declared: Mapping[str, Declared]
    pending: tuple[Pending, ...] = ()
