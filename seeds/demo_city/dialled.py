"""Numbers that are dialled and that call in: pools of foreign numbers by kind, and the trunk groups they use.

All prefixes are in the reference book's destinations; the numbers of own lines come from people.
"""

from __future__ import annotations

import numpy as np

AREAS: tuple[str, ...] = (
    "010",
    "020",
    "021",
    "022",
    "024",
    "025",
    "027",
    "028",
    "029",
    "0311",
    "0371",
    "0411",
    "0451",
    "0512",
    "0532",
)
AREAS += ("0551", "0571", "0574", "0577", "0591", "0592", "0531", "0431", "0471", "0351")
MOBILES = ("135", "136", "137", "138", "139", "158", "159", "130", "131", "132", "155", "156", "133", "153", "189")
UNICOM = ("130", "131", "132", "155", "156")
PREFIXES: dict[str, tuple[tuple[str, int], ...]] = {
    "mobile": tuple((prefix, 8) for prefix in MOBILES),
    "inter_zone": (("720", 4), ("721", 4), ("722", 4), ("750", 4), ("751", 4), ("768", 4)),
    "national": (*((area, 8) for area in AREAS), ("0138", 8), ("0139", 8)),
    "hmt": (("00852", 8), ("00853", 8), ("008862", 8)),
    "intl_asia": (("0081", 9), ("0082", 9), ("0065", 8), ("0060", 9), ("0066", 8)),
    "intl_west": (("001", 10), ("0044", 10), ("0049", 9), ("0033", 9), ("0061", 9), ("0039", 9)),
    "intl_rest": (("007", 10), ("00971", 8), ("0055", 10), ("0027", 9), ("0090", 10)),
    "ip_national": (("179090", 10), ("179080", 10), ("179100", 10), ("179510", 10)),
    "ip_intl": (("17909001", 10), ("1790900852", 8), ("179080044", 10)),
    "info_160": (("160", 2), ("121", 1)),
    "info_168": (("1681", 4), ("1686", 4)),
    "info_168_premium": (("16888", 3), ("16899", 3)),
    "data": (("163", 0), ("169", 0)),
    "operator": (("114", 0), ("117", 0), ("10000", 0), ("10086", 0)),
    "emergency": (("110", 0), ("119", 0), ("120", 0), ("122", 0)),
    "nationwide_code": (("95588", 0), ("95533", 0), ("96", 3), ("400", 7)),
}
#: Out of a central switch, by kind. Mobile numbers go by carrier; see trunk_out.
CENTRAL_OUT = {
    "mobile": "T0104",
    "inter_zone": "T0107",
    "national": "T0102",
    "hmt": "T0103",
    "intl_asia": "T0103",
    "intl_west": "T0103",
    "intl_rest": "T0103",
    "ip_national": "T0106",
    "ip_intl": "T0106",
    "info_160": "T0108",
    "info_168": "T0108",
    "info_168_premium": "T0108",
    "operator": "T0109",
    "emergency": "T0109",
    "nationwide_code": "T0110",
}
TO_CENTRAL = {"E02": "T0201", "E03": "T0301", "E04": "T0401", "E05": "T0501"}
FROM_CENTRAL = {"E02": "T0111", "E03": "T0112", "E04": "T0113", "E05": "T0114"}
#: Incoming calls: the networks they come from, with weights and the trunk group at the central exchange.
INCOMING_KINDS = (
    ("mobile", 55, "T0104"),
    ("national", 28, "T0101"),
    ("inter_zone", 8, "T0107"),
    ("intl_asia", 1, "T0103"),
)
#: Into other exchanges besides the trunk group to the centre.
DIRECT_IN = {"E02": "T0202", "E04": "T0402", "E05": "T0502"}
TRANSIT_ROUTES = (
    ("national", "T0101", "mobile", "T0104"),
    ("national", "T0101", "mobile", "T0105"),
    ("mobile", "T0104", "national", "T0102"),
    ("mobile", "T0105", "national", "T0102"),
    ("mobile", "T0104", "inter_zone", "T0107"),
    ("inter_zone", "T0107", "national", "T0102"),
    ("intl_asia", "T0103", "mobile", "T0104"),
    ("mobile", "T0110", "hmt", "T0103"),
)


def trunk_out(kind: str, exchange_id: str, number: str, own_exchange: str = "") -> str:
    """The trunk group a call leaves over; empty where it stays in the exchange."""
    if kind == "local":
        if own_exchange == exchange_id:
            return ""
        return FROM_CENTRAL[own_exchange] if exchange_id == "E01" else TO_CENTRAL[exchange_id]
    if kind in ("data", "toll_free"):
        return ""
    if exchange_id == "E02" and kind == "mobile" and number[-1] in "0123":
        return "T0202"
    if exchange_id == "E05" and kind == "inter_zone":
        return "T0502"
    if exchange_id != "E01":
        return TO_CENTRAL[exchange_id]
    if kind == "mobile" and number.startswith(UNICOM):
        return "T0105"
    return CENTRAL_OUT[kind]


def foreign_numbers(rng: np.random.Generator, kind: str, count: int) -> list[str]:
    """Distinct numbers of a kind; fewer where the kind has no more."""
    found: dict[str, None] = {}
    prefixes = PREFIXES[kind]
    choice = rng.integers(0, len(prefixes), count)
    for place, draw in zip(choice.tolist(), rng.integers(0, 10**9, count).tolist(), strict=True):
        prefix, digits = prefixes[place]
        suffix = str(2 * 10**9 + draw)[-digits + 1 :] if digits > 1 else ""
        lead = "2345678"[draw % 7] if digits else ""
        found[prefix + lead + suffix] = None
    return list(found)
