"""The oracle: the whole domain contract once more, in plain loops, to judge the warehouse by.

What lives here: every rule from the inbox to the published rows, written from the contract alone with the standard
library, `Decimal` and `Fraction`, one module per section, the clearest loop before the fastest. What does not: any
import of the product (orchestration, expectations, dashboards, seeds), any SQL, releases, closed periods, CDR formats
other than the canonical one. One call of `compute` is one full run over everything that lies in the inbox.
"""

from __future__ import annotations

from .run import compute

__all__ = ["compute"]
