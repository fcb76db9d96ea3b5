"""Elements of ISO 20022 messages, found by their names whatever the namespace. What they mean is not decided here."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.ingestion.bank.formats.reading import amount_of

_ZEROS_BEHIND = re.compile(r"(\.[0-9]{2})0{1,3}$")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ElementFault(Exception):
    """Why a transaction cannot be used: element and reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name, self.reason = name, reason


def element_name(element: Any) -> str:
    """The name of an element without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Any, name: str) -> list[Any]:
    """The children of a name."""
    return [child for child in element if element_name(child) == name]


def find(element: Any, *names: str) -> Any:
    """The first element on a path of names; None if the path has none."""
    for name in names:
        element = next((child for child in element if element_name(child) == name), None)
        if element is None:
            return None
    return element


def text_of(element: Any, *names: str) -> str | None:
    """The text on a path of names; None where there is none or it is empty."""
    found = find(element, *names)
    text = None if found is None else (found.text or "").strip()
    return text or None


def iso_amount(text: str) -> Decimal | None:
    """An amount with up to five decimals, as ISO 20022 has it, of which all but two are zeros; None for another text."""
    return amount_of(_ZEROS_BEHIND.sub(r"\1", text))


def amount_in(element: Any, name: str, currency: str | None) -> Decimal:
    """The amount of an element in the given currency (None: in any)."""
    text = "" if element is None else (element.text or "").strip()
    amount = iso_amount(text)
    if amount is None:
        raise ElementFault(name, f"is not a valid amount with at most two decimals: '{text[:40]}'")
    if currency is not None and element.get("Ccy") != currency:
        raise ElementFault(name, f"is in {element.get('Ccy')}, the format reads {currency}")
    return amount


def account_number(account: Any) -> str:
    """The number of an account, IBAN or other; empty where there is none."""
    if account is None:
        return ""
    return text_of(account, "Id", "IBAN") or text_of(account, "Id", "Othr", "Id") or ""


def day_of(text: str | None) -> date | None:
    """The day of a date or a time; None for another text."""
    if text is None or _DAY.match(text) is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
