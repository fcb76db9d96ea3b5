"""The demo city's generator: delivered files that look like a real branch's, with every awkward case planted.

`make_city` writes an inbox (CDR files, bank result files, customer exports) and records what it planted where.
It computes no bills: the product does that, and the product uses nothing from here.
"""

from seeds.demo_city.city import DEFAULT_LAST_DAY, make_city

__all__ = ["DEFAULT_LAST_DAY", "make_city"]
