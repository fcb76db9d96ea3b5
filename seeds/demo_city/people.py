"""Customers, accounts, numbers and subscriptions of an ordinary branch. Awkward ones are made in awkward_people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count

import numpy as np

from seeds.demo_city.book import Book, Row
from seeds.demo_city.calendar import Calendar
from seeds.demo_city.planted import Planted

CLASS_SHARES = {"residential": 0.70, "business": 0.20, "public_phone": 0.04, "trunk_line": 0.02, "staff": 0.04}
USAGE_OF_CLASS = {
    "residential": "residential",
    "business": "business",
    "public_phone": "public_phone",
    "trunk_line": "trunk_line",
    "staff": "residential",
}
UNIT_WEIGHTS = {"BU01": 0.25, "BU02": 0.20, "BU03": 0.20, "BU04": 0.15, "BU05": 0.10, "BU06": 0.10}
RENTALS = {
    "residential": "LINE_HOME",
    "business": "LINE_OFFICE",
    "public_phone": "LINE_PUBLIC",
    "trunk_line": "LINE_TRUNK",
    "staff": "LINE_STAFF",
}
CHANNELS = {"trunk_line": 30}  # ISDN primary rate; every other line carries one call at a time
BANKS = ("ICBC", "PSBC", "CCB", "ABC")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文建国志红春梅海燕"
TRADES = (
    "宏达",
    "永昌",
    "鑫源",
    "瑞丰",
    "东方",
    "金桥",
    "华茂",
    "天成",
    "顺发",
    "长江",
    "振兴",
    "大通",
    "利民",
    "百川",
    "正大",
)
SECTORS = (
    "商贸有限公司",
    "机电有限公司",
    "运输公司",
    "大酒店",
    "建材有限公司",
    "医院",
    "电子有限公司",
    "印刷厂",
    "食品有限公司",
)


@dataclass
class Customer:
    """A row of the customers export; `known_from` is the first snapshot day that may hold it, `gone_from` the first that lacks it."""

    customer_id: str
    name: str
    customer_class: str
    is_key_account: bool
    business_unit_id: str
    outlet_id: str
    agent_id: str
    opened_on: date
    closed_on: date | None = None
    known_from: date = date.min
    gone_from: date = date.max
    agent_from: tuple[date, str, str] | None = None  # (day, new outlet, new agent)
    class_from: tuple[date, str] | None = None  # (day, new class)


@dataclass
class Account:
    """A row of the accounts export."""

    account_id: str
    customer_id: str
    payment_method: str
    bank_code: str
    bank_account: str
    opened_on: date
    closed_on: date | None = None
    known_from: date = date.min
    gone_from: date = date.max


@dataclass
class Interval:
    """A row of the service_numbers export."""

    service_number: str
    account_id: str
    exchange_id: str
    tariff_plan_id: str
    valid_from: datetime
    valid_to: datetime | None = None
    known_from: date = date.min
    gone_from: date = date.max
    channels: int = 1


@dataclass
class Subscription:
    """A row of the subscriptions export."""

    subscription_id: str
    account_id: str
    service_number: str
    product_id: str
    promotion_id: str
    valid_from: date
    valid_to: date | None = None
    gone_from: date = date.max


@dataclass
class Line:
    """A number with its owner, as the traffic sees it. A quiet line makes and takes planted calls only."""

    interval: Interval
    customer: Customer
    account: Account
    rental: Subscription
    quiet: bool
    month_factors: dict[date, float] = field(default_factory=dict)


class Numbers:
    """Free numbers of the number ranges, drawn at random and never twice."""

    def __init__(self, book: Book, rng: np.random.Generator) -> None:
        self._rng = rng
        self._by_usage: dict[str, list[Row]] = {}
        for row in book["number_ranges"]:
            self._by_usage.setdefault(row["usage_type"], []).append(row)
        self._free: dict[str, list[int]] = {}

    def draw(self, usage: str, unit: str | None = None) -> tuple[str, Row]:
        """A free number of the usage type (and unit), with its range."""
        ranges = [
            row
            for row in self._by_usage.get(usage, [])
            if (unit is None or row["business_unit_id"] == unit) and self._left(row)
        ]
        if not ranges:
            raise ValueError(f"the number ranges hold no further {usage} number; ask for fewer subscribers")
        weights = np.array([UNIT_WEIGHTS.get(row["business_unit_id"], 0.1) for row in ranges])
        row = ranges[int(self._rng.choice(len(ranges), p=weights / weights.sum()))]
        return str(self._left(row).pop()), row

    def _left(self, row: Row) -> list[int]:
        start = row["range_start"]
        if start not in self._free:
            size = int(row["range_end"]) - int(start) + 1
            self._free[start] = (int(start) + self._rng.permutation(size)).tolist()
        return self._free[start]


class City:
    """Everything the exports, the traffic and the money are made from."""

    def __init__(self, book: Book, calendar: Calendar, seed: int, planted: Planted) -> None:
        self.book = book
        self.calendar = calendar
        self.seed = seed
        self.planted = planted
        self.rng = np.random.default_rng([seed, 1])
        self.numbers = Numbers(book, self.rng)
        # Counted separately from the lists: the id of a record that is removed from the export must not be used again.
        self._customer_numbers, self._account_numbers, self._subscription_numbers = count(1), count(1), count(1)
        self.customers: list[Customer] = []
        self.accounts: list[Account] = []
        self.intervals: list[Interval] = []
        self.subscriptions: list[Subscription] = []
        self.orders: list[Row] = []
        self.complaints: list[Row] = []
        self.merges: list[Row] = []
        self.adjustments: list[Row] = []
        self.deleted_payments: dict[str, date] = {}  # payment_id: the first snapshot day that lacks it
        self.lines: list[Line] = []
        self.outlets_of_area: dict[str, list[Row]] = {}
        for outlet in book["outlets"]:
            self.outlets_of_area.setdefault(outlet["sales_area_id"], []).append(outlet)
        self.outlets = book.by("outlets", "outlet_id")

    def stream(self, topic: int) -> np.random.Generator:
        """A random stream of its own per topic, so that one topic's change leaves the others alone."""
        return np.random.default_rng([self.seed, topic])

    def old_day(self) -> date:
        """Some day in the years before the city's first."""
        return self.calendar.first_day - timedelta(days=int(self.rng.integers(200, 3600)))

    def add_customer(
        self, customer_class: str, number_range: Row, opened_on: date, agent: bool | None = None
    ) -> Customer:
        """A customer of the range's sales area, at one of its outlets (an agent's, its own, or either)."""
        outlets = self.outlets_of_area[number_range["sales_area_id"]]
        if agent is not None:
            outlets = [row for row in outlets if (row["outlet_kind"] == "agent") == agent] or outlets
        outlet = outlets[int(self.rng.integers(len(outlets)))]
        customer = Customer(
            customer_id=f"C{next(self._customer_numbers):06d}",
            name=self._name(customer_class),
            customer_class=customer_class,
            is_key_account=False,
            business_unit_id=number_range["business_unit_id"],
            outlet_id=outlet["outlet_id"],
            agent_id=outlet["agent_id"],
            opened_on=opened_on,
        )
        self.customers.append(customer)
        return customer

    def add_account(self, customer: Customer, method: str | None = None) -> Account:
        """An account of the customer; a third of them pay by direct debit."""
        debit = self.rng.random() < 0.34 if method is None else method == "debit"
        account = Account(
            account_id=f"A{next(self._account_numbers):06d}",
            customer_id=customer.customer_id,
            payment_method="debit" if debit else "counter",
            bank_code=BANKS[int(self.rng.integers(len(BANKS)))] if debit else "",
            bank_account=f"62{int(self.rng.integers(10**13, 10**14))}" if debit else "",
            opened_on=customer.opened_on,
        )
        self.accounts.append(account)
        return account

    def add_line(
        self,
        customer: Customer,
        account: Account,
        number: str,
        exchange_id: str,
        starts: date,
        ends: date | None = None,
        plan: str = "",
        quiet: bool = False,
        rental: str | None = None,
        promotion: str = "",
    ) -> Line:
        """A number with its interval and its rental."""
        interval = Interval(
            number, account.account_id, exchange_id, plan, midnight(starts), midnight(ends) if ends else None
        )
        interval.channels = CHANNELS.get(customer.customer_class, 1)
        self.intervals.append(interval)
        product = rental or RENTALS.get(customer.customer_class, "LINE_HOME")
        if product == "LINE_HOME" and exchange_id == "E05":
            product = "LINE_HOME_COUNTY"
        subscription = self.subscribe(account, number, product, starts, ends, promotion)
        line = Line(interval, customer, account, subscription, quiet)
        self.lines.append(line)
        return line

    def subscribe(
        self, account: Account, number: str, product: str, starts: date, ends: date | None = None, promotion: str = ""
    ) -> Subscription:
        """A subscription of a product on a number."""
        subscription = Subscription(
            f"S{next(self._subscription_numbers):07d}", account.account_id, number, product, promotion, starts, ends
        )
        self.subscriptions.append(subscription)
        return subscription

    def add_order(self, number: str, outlet_id: str, ordered_at: datetime, status: str) -> str:
        """An order of a number by an outlet; its id."""
        order_id = f"O{len(self.orders) + 1:05d}"
        stamp = ordered_at.strftime("%Y-%m-%d %H:%M:%S")
        self.orders.append(
            {
                "order_id": order_id,
                "service_number": number,
                "outlet_id": outlet_id,
                "ordered_at": stamp,
                "status": status,
            }
        )
        return order_id

    def _name(self, customer_class: str) -> str:
        pick = self.rng.integers
        if customer_class in ("business", "trunk_line"):
            return f"云汐{TRADES[pick(len(TRADES))]}{SECTORS[pick(len(SECTORS))]}"
        given = "".join(GIVEN[pick(len(GIVEN))] for _ in range(int(pick(1, 3))))
        person = SURNAMES[pick(len(SURNAMES))] + given
        return f"公话点({person})" if customer_class == "public_phone" else person


def midnight(day: date) -> datetime:
    """The first instant of a day."""
    return datetime.combine(day, time())


def populate(city: City, subscribers: int) -> None:
    """The ordinary lines: customers of each class, with new lines and endings spread over the months."""
    rng = city.rng
    for customer_class, share in CLASS_SHARES.items():
        left = max(1, round(subscribers * share))
        while left > 0:
            left -= _household(city, customer_class, left)
    businesses = [c for c in city.customers if c.customer_class in ("business", "trunk_line")]
    for customer in businesses:
        customer.is_key_account = bool(rng.random() < 0.12)
    for number in range(max(2, subscribers // 500)):
        owner = next(line for line in city.lines[number:] if line.customer.customer_class == "business")
        toll_free, number_range = city.numbers.draw("toll_free")
        city.add_line(
            owner.customer,
            owner.account,
            toll_free,
            number_range["exchange_id"],
            city.calendar.first_day - timedelta(400),
            plan="BUSINESS",
            rental="TOLLFREE_NUMBER",
        )


def _household(city: City, customer_class: str, most: int) -> int:
    """One customer with its lines; returns how many lines it has."""
    rng, calendar = city.rng, city.calendar
    number, number_range = city.numbers.draw(USAGE_OF_CLASS[customer_class])
    is_new = rng.random() < 0.05
    span = (calendar.last_day - calendar.first_day).days
    starts = calendar.first_day + timedelta(int(rng.integers(1, max(2, span)))) if is_new else city.old_day()
    customer = city.add_customer(customer_class, number_range, starts)
    account = city.add_account(customer)
    many = customer_class in ("business", "trunk_line")
    lines = min(most, int(rng.integers(1, 6)) if many else 1 + int(rng.random() < 0.05))
    for place in range(lines):
        if place:
            number, number_range = city.numbers.draw(USAGE_OF_CLASS[customer_class], customer.business_unit_id)
            if rng.random() < 0.1:
                account = city.add_account(customer)
        ends = None
        if not is_new and rng.random() < 0.02:
            ends = calendar.first_day + timedelta(int(rng.integers(2, max(3, span))))
        plan = "FAMILY" if customer_class == "residential" and rng.random() < 0.08 else ""
        line = city.add_line(
            customer,
            account,
            number,
            number_range["exchange_id"],
            starts,
            ends,
            plan,
            promotion=_promotion(city, customer_class),
        )
        if is_new:
            city.add_order(
                number, _outlet_in(city, customer, number_range), midnight(starts) - timedelta(hours=39), "done"
            )
        _extras(city, line, starts, ends)
    return lines


def _outlet_in(city: City, customer: Customer, number_range: Row) -> str:
    """An outlet of the range's own sales area, the customer's where it is one."""
    if city.outlets[customer.outlet_id]["sales_area_id"] == number_range["sales_area_id"]:
        return customer.outlet_id
    return city.outlets_of_area[number_range["sales_area_id"]][0]["outlet_id"]


def _promotion(city: City, customer_class: str) -> str:
    draw = city.rng.random()
    if customer_class == "residential":
        return "RENTAL_MATCH" if draw < 0.05 else "RENTAL_CREDIT_5" if draw < 0.09 else ""
    if customer_class == "business":
        return "DOMESTIC_20" if draw < 0.15 else "LOCAL_CREDIT_10" if draw < 0.20 else ""
    return ""


def _extras(city: City, line: Line, starts: date, ends: date | None) -> None:
    """Supplementary services; a few begin or end within the months."""
    rng, calendar = city.rng, city.calendar
    number = line.interval.service_number
    if line.customer.customer_class in ("residential", "business", "staff"):
        if rng.random() < 0.6:
            city.subscribe(line.account, number, "CALLER_ID", starts, ends)
        if rng.random() < 0.1:
            city.subscribe(line.account, number, "CALL_WAITING", starts, ends)
        if rng.random() < 0.05:
            city.subscribe(line.account, number, "LINE_CARE", starts, ends)
        if rng.random() < 0.04 and ends is None and starts < calendar.first_day:
            city.subscribe(line.account, number, "HOTLINE", calendar.share(float(rng.uniform(0.1, 0.9))))
