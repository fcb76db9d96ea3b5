"""How the branch telephones: attempts a day, hours of the day, kinds of destination, lengths, release causes.

Figures only; calls.py draws from them.
"""

from __future__ import annotations

import numpy as np

#: Attempts per line and ordinary working day.
ATTEMPTS = {"residential": 1.9, "business": 4.6, "public_phone": 4.5, "trunk_line": 12.0, "staff": 2.2, "": 1.0}
#: Calls that come in from other networks, per line and day, and transit attempts of the branch per line.
INCOMING = 1.25
TRANSIT = 0.55
#: The toll switch carries foreign transit however small the city is.
TRANSIT_FLOOR = 400.0

#: Monday to Sunday, then holiday, as factors of the daily attempts.
HOME_DAYS = (0.95, 0.95, 0.96, 0.98, 1.05, 1.15, 1.20, 1.25)
OFFICE_DAYS = (1.10, 1.05, 1.05, 1.02, 1.05, 0.35, 0.22, 0.18)

#: Weights of the hours 0–23.
HOME_HOURS = (3, 1, 1, 1, 1, 3, 10, 22, 40, 48, 50, 48, 42, 34, 34, 36, 40, 52, 72, 92, 98, 74, 36, 12)
OFFICE_HOURS = (1, 1, 1, 1, 1, 2, 6, 24, 84, 118, 122, 96, 42, 48, 94, 112, 108, 74, 28, 16, 12, 8, 4, 2)
INCOMING_HOURS = (3, 2, 1, 1, 1, 3, 10, 24, 60, 84, 86, 74, 46, 40, 62, 70, 68, 62, 60, 66, 64, 46, 22, 8)

#: Kinds of destination in the order of every table below.
KINDS = (
    "local",
    "mobile",
    "inter_zone",
    "national",
    "hmt",
    "intl_asia",
    "intl_west",
    "intl_rest",
    "ip_national",
    "ip_intl",
    "info_160",
    "info_168",
    "info_168_premium",
    "data",
    "operator",
    "emergency",
    "nationwide_code",
    "toll_free",
)
KIND_WEIGHTS = {
    "residential": (620, 160, 25, 60, 2, 1, 1, 0.5, 45, 3, 6, 7, 2, 16, 14, 1, 12, 4),
    "business": (480, 190, 30, 150, 10, 8, 8, 4, 50, 8, 3, 2, 0.5, 10, 18, 0.5, 22, 6),
    "public_phone": (420, 260, 40, 160, 4, 2, 2, 1, 70, 6, 0, 0, 0, 0, 14, 2, 8, 10),
    "trunk_line": (500, 190, 30, 150, 12, 8, 8, 4, 40, 6, 1, 1, 0, 8, 14, 0.5, 20, 6),
    "staff": (640, 160, 25, 60, 1, 0.5, 0.5, 0.2, 40, 2, 5, 4, 1, 20, 20, 1, 14, 4),
}
ANSWER_RATIOS = (68, 66, 67, 66, 62, 58, 60, 48, 64, 58, 88, 94, 95, 90, 90, 86, 82, 78)
MEDIAN_SECONDS = (62, 48, 80, 105, 140, 170, 190, 160, 200, 260, 120, 150, 180, 1100, 35, 50, 110, 130)
SPREADS = (1.0, 0.9, 1.0, 1.05, 1.0, 1.0, 1.0, 1.0, 0.95, 0.95, 0.8, 0.7, 0.7, 0.9, 0.5, 0.6, 0.8, 0.8)
LONGEST_SECONDS = 4 * 3600

#: ITU-T Q.850 causes with weights.
ANSWERED_CAUSES = ((16, 31, 102), (960, 34, 6))
UNANSWERED_CAUSES = (
    (16, 17, 18, 19, 20, 21, 1, 27, 28, 34, 38, 41, 42),
    (120, 380, 70, 250, 15, 15, 40, 25, 30, 30, 5, 10, 10),
)


def day_factors(shape: tuple[float, ...], weekdays: np.ndarray, holiday: np.ndarray) -> np.ndarray:
    """The factor of each day: by weekday (0 = Monday), holidays as the eighth."""
    return np.asarray(shape)[np.where(holiday, 7, weekdays)]


def draw_hours(rng: np.random.Generator, weights: tuple[float, ...], count: int) -> np.ndarray:
    """Seconds of the day, hour by weight, even within the hour."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    hours = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return np.asarray(hours * 3600 + rng.integers(0, 3600, count))


def draw_weighted(rng: np.random.Generator, table: tuple[tuple[int, ...], tuple[float, ...]], count: int) -> np.ndarray:
    """Values by weight."""
    values, weights = np.asarray(table[0]), np.cumsum(np.asarray(table[1], dtype=float))
    return np.asarray(values[np.searchsorted(weights, rng.random(count) * weights[-1], side="right")])


def draw_durations(rng: np.random.Generator, kinds: np.ndarray) -> np.ndarray:
    """Conversation seconds by kind: 0 where not answered, else log-normal, at least 1."""
    answered = rng.random(len(kinds)) * 100 < np.asarray(ANSWER_RATIOS)[kinds]
    logs = np.log(np.asarray(MEDIAN_SECONDS, dtype=float))[kinds]
    logs = logs + np.asarray(SPREADS)[kinds] * rng.standard_normal(len(kinds))
    seconds = np.clip(np.exp(logs).round(), 1, LONGEST_SECONDS).astype(np.int64)
    return np.where(answered, seconds, 0)
