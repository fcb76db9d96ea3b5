"""Information services: rated calls to their access prefixes, and what their providers are due."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .money import to_cents

Row = dict[str, Any]


def service_of(rated_number: str, book: Book) -> Row | None:
    """The information service with the longest access prefix that starts the rated number."""
    services = [row for row in book.tables["info_services"] if rated_number.startswith(row["access_prefix"])]
    return max(services, key=lambda row: len(row["access_prefix"])) if services else None


def info_service_calls(rated: list[Row], book: Book) -> list[Row]:
    """Per month, customer and access prefix the rated calls."""
    groups: dict[tuple[str, str, str], Row] = {}
    for call in rated:
        service = service_of(call["rated_number"], book)
        if service is None:
            continue
        key = (call["billing_period"], call["customer_id"], service["access_prefix"])
        row = groups.setdefault(
            key,
            {
                "billing_period": call["billing_period"],
                "customer_id": call["customer_id"],
                "access_prefix": service["access_prefix"],
                "provider_id": service["provider_id"],
                "provider_name": service["provider_name"],
                "contact": service["contact"],
                "calls": 0,
                "seconds": 0,
                "amount": Decimal(0),
            },
        )
        row["calls"] += 1
        row["seconds"] += call["duration_seconds"]
        row["amount"] += call["amount"]
    return list(groups.values())


def info_service_settlements(rated: list[Row], book: Book) -> list[Row]:
    """Per provider and month the calls, and the provider's share of their amount, rounded once."""
    groups: dict[tuple[str, str], Row] = {}
    shares: dict[tuple[str, str], Fraction] = {}
    for call in rated:
        service = service_of(call["rated_number"], book)
        if service is None:
            continue
        key = (service["provider_id"], call["billing_period"])
        row = groups.setdefault(
            key, {"provider_id": key[0], "billing_period": key[1], "calls": 0, "seconds": 0, "amount": Decimal(0)}
        )
        row["calls"] += 1
        row["seconds"] += call["duration_seconds"]
        row["amount"] += call["amount"]
        share = Fraction(call["amount"]) * Fraction(service["provider_share_percent"]) / 100
        shares[key] = shares.get(key, Fraction(0)) + share
    return [{**row, "share_amount": to_cents(shares[key])} for key, row in groups.items()]
