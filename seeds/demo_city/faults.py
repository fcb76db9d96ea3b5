"""What goes wrong with CDR files: lines that do not parse, duplicates, other days, held and rejected files, gaps.

Each fault takes a file of its own that holds no planted call, so that counts stay true.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from seeds.demo_city.calendar import Calendar
from seeds.demo_city.files import HEADER, CdrFile, day_before, pack
from seeds.demo_city.planted import Planted

#: An ordinary file must have this many records to take a few bad lines without being held for them.
ENOUGH_RECORDS = 60


class Faults:
    """Plants faults into the list of files, before (structure) and after (names) they are numbered."""

    def __init__(self, files: list[CdrFile], calendar: Calendar, planted: Planted) -> None:
        self.files = files
        self.calendar = calendar
        self.planted = planted
        self._named: list[tuple[str, CdrFile, dict[str, object]]] = []
        self._turn = 0

    def pick(self, fraction: float, switches: tuple[str, ...] = ("ST1",), least: int = ENOUGH_RECORDS) -> CdrFile:
        """The free file nearest to a fraction of the way; falls back to the toll switch, which is never small."""
        target = self.calendar.share(fraction)
        inner = (self.calendar.first_day + timedelta(1), self.calendar.last_day - timedelta(1))
        for choice in (switches, ("ST1",)):
            free = [
                file
                for file in self.files
                if file.switch_id in choice
                and not (file.is_used or file.has_planted_calls)
                and file.records >= least
                and inner[0] < file.day < inner[1]
            ]
            if free:
                found = min(free, key=lambda file: (abs((file.day - target).days), file.switch_id, file.slot))
                found.is_used = True
                return found
        raise ValueError("the city has too few days or calls to plant every fault; give more months or subscribers")

    def spread(self, fraction: float, least: int = ENOUGH_RECORDS) -> CdrFile:
        """Like pick, over the switches in turn."""
        self._turn += 1
        return self.pick(fraction, (("SC1", "ST1", "SE1", "SW1", "SC2")[self._turn % 5],), least)

    def note(self, case: str, file: CdrFile, **facts: object) -> None:
        """Remember a key that needs the file's name, which comes with its number."""
        self._named.append((case, file, facts))

    def before_numbering(self) -> None:
        """Faults of lines and of whole files that take a number."""
        self._malformed_lines()
        self._duplicates()
        self._other_days()
        self._held_files()
        self._rejected_files()
        self._missing_files()
        self._empty_file()
        self._forwarded()
        self._wrong_clock()

    def after_numbering(self) -> None:
        """Turn the remembered files into keys."""
        for case, file, facts in self._named:
            self.planted.add(case, {"file_name": file.name, **facts})
        empty = [file.name for file in self.files if file.is_delivered and not file.records]
        self.planted.add("empty_file", *({"file_name": name} for name in sorted(empty)))

    def _malformed_lines(self) -> None:
        for place, (case, change) in enumerate(MALFORMED.items()):
            file = self.spread(0.08 + 0.06 * place)
            fields = file.lines()[0]
            number = file.append(change(["{n}", *fields[1:]], file.day))
            self.note(f"malformed_{case}", file, line_number=number + 1)

    def _duplicates(self) -> None:
        for place in range(3):
            file = self.spread(0.2 + 0.2 * place)
            for original in (3, 7):
                fields = file.lines()[original - 1]
                if place == 2:
                    called = fields[2]
                    fields[2] = f"{called[:3]}-{called[3:]}"
                number = file.append(",".join(["{n}", *fields[1:]]).encode(), int(fields[6]))
                self.note("duplicate_in_file", file, record_number=number, original_record_number=original)
        for place in range(3):
            file = self.pick(0.3 + 0.2 * place)
            earlier = self._earlier_file(file)
            for original in (2, 5):
                fields = earlier.lines()[original - 1]
                number = file.append(",".join(["{n}", *fields[1:]]).encode(), int(fields[6]))
                self.note("duplicate_across_files", file, record_number=number)

    def _earlier_file(self, file: CdrFile) -> CdrFile:
        """A free file of the same switch some day before, marked as used."""
        before = [
            other
            for other in self.files
            if other.switch_id == file.switch_id
            and other.day <= day_before(file.day)
            and not (other.is_used or other.has_planted_calls)
            and other.records >= file.records * 0.5
        ]
        found = max(before, key=lambda other: (other.day, other.slot))
        found.is_used = True
        return found

    def _other_days(self) -> None:
        for place in range(3):
            file = self.spread(0.25 + 0.2 * place)
            for item, offset in enumerate((-3, 1)):
                start = datetime.combine(file.day + timedelta(days=offset), datetime.min.time()) + timedelta(hours=11)
                line = f"{{n}},0208888{place}0{item}1,2200200,T0101,,{start:%Y-%m-%d %H:%M:%S},{60 + item},16"
                number = file.append(line.encode(), 60 + item)
                self.note("other_day_in_normal_file", file, record_number=number)

    def _forwarded(self) -> None:
        """A stranger's call that an own line forwards: it came in over a trunk, and the record names the line as the payer."""
        target = self.calendar.share(0.57)
        answered = [
            (abs((file.day - target).days), file.switch_id, file.slot, file, fields)
            for file in self.files
            if file.switch_id != "ST1"
            and not (file.is_used or file.has_planted_calls)
            and self.calendar.first_day < file.day < self.calendar.last_day
            for fields in file.lines()
            if not fields[3] and fields[6] != "0"
        ]
        *_, file, own = min(answered, key=lambda found: found[:3])
        file.is_used = True
        number = file.append(f"{{n}},01065529977,13800138001,T0104,T0104,{own[5]},61,16".encode(), 61)
        file.charged[number] = own[1]
        self.note("forwarded_call", file, record_number=number, charged_number=own[1])

    def _wrong_clock(self) -> None:
        """One more file, of a switch that started with a clock twenty years ahead: its calls and its name have that date."""
        ahead = 20 * 365 + 5
        day = self.calendar.share(0.8)
        own = next(file for file in reversed(self.files) if file.switch_id == "SQ1" and file.records)
        file = replace(
            own, day=day, slot=91, body=b"", records=0, seconds=0, has_planted_calls=False, is_used=True,
            clock_day=day + timedelta(days=ahead),
        )  # fmt: skip
        for clock in ("09:15:02", "09:47:31", "10:02:55"):
            file.append(f"{{n}},6600101,6600102,,,{file.clock_day} {clock},61,16".encode(), 61)
        self.files.append(file)
        self.note("held_clock_ahead", file, records=file.records)

    def _held_files(self) -> None:
        file = self.pick(0.22, ("SC1",), 10)
        file.ctl_records, file.has_ctl = file.records + 3, True
        self.note("held_ctl_records", file, records=file.records)
        file = self.pick(0.42, ("SC1",), 10)
        file.ctl_seconds, file.has_ctl = file.seconds - 60, True
        self.note("held_ctl_seconds", file, records=file.records)
        file = self.pick(0.33, ("SE1",), 20)
        bad = file.records // 8 + 4
        for _ in range(bad):
            file.append(b"{n},#ERR,switch restart")
        self.note("held_malformed_share", file, records=file.records, malformed=bad)
        file = self.pick(0.52)
        shifted = [self._days_earlier(fields, 7) for fields in file.lines()]
        file.body = "".join(",".join(fields) + "\n" for fields in shifted).encode()
        self.note("held_other_day_share", file, records=file.records)
        file = self.pick(0.62)
        earlier = self._earlier_file(file)
        again = earlier.lines()[: max(1, round(file.records * 0.5))]
        for fields in again:
            file.append(",".join(["{n}", *fields[1:]]).encode(), int(fields[6]))
        self.note("held_duplicate_share", file, records=file.records, duplicates=len(again))

    @staticmethod
    def _days_earlier(fields: list[str], days: int) -> list[str]:
        moved = datetime.fromisoformat(fields[5]) - timedelta(days=days)
        return [*fields[:5], moved.strftime("%Y-%m-%d %H:%M:%S"), *fields[6:]]

    def _rejected_files(self) -> None:
        file = self.pick(0.38, ("SE1",), 10)
        again = replace(file, slot=file.slot + 50, is_rejected=True)
        self.files.append(again)
        self.note("rejected_same_content", again, records=file.records)
        file = self.pick(0.48, ("SC2",), 10)
        if file.packing != ".gz":
            file.packing = ".gz"
        file.cut_to, file.is_rejected = 0.6, True
        self.note("rejected_truncated", file)
        file = self.pick(0.58, ("SC1",), 10)
        file.packing = ""
        self.note("rejected_same_name", file, rejected_suffix=".gz")
        self.same_name = file

    def _missing_files(self) -> None:
        for fraction, switch_id, count in ((0.44, "SC2", 2), (0.7, "ST1", 1)):
            first = self.pick(fraction, (switch_id,), 0)
            run = [first]
            if count == 2:
                following = [
                    f
                    for f in self.files
                    if f.switch_id == first.switch_id and (f.day, f.slot) > (first.day, first.slot)
                ]
                nearest = min(following, key=lambda f: (f.day, f.slot))
                if not (nearest.is_used or nearest.has_planted_calls):
                    nearest.is_used = True
                    run.append(nearest)
            for file in run:
                file.is_delivered = False
                self.note("file_never_delivered", file, switch_id=file.switch_id, file_date=file.day.isoformat())

    def _empty_file(self) -> None:
        model = next(file for file in self.files if file.switch_id == "SQ1")
        day = self.calendar.share(0.5)
        empty = replace(model, day=day, slot=90, body=b"", records=0, seconds=0, has_planted_calls=False, is_used=True)
        self.files.append(empty)


def _with(place: int, text: str, fields: list[str]) -> bytes:
    return ",".join([*fields[:place], text, *fields[place + 1 :]]).encode()


def _late(fields: list[str], day: date) -> bytes:
    return _with(5, f"{day + timedelta(days=2):%Y-%m-%d} 00:00:00", fields)


#: Each way in which a record does not parse, made from a good record and the file's day.
MALFORMED = {
    "too_few_columns": lambda fields, day: ",".join(fields[:7]).encode(),
    "too_many_columns": lambda fields, day: ",".join([*fields, "0"]).encode(),
    # On a trunk a caller may withhold his number; from the subscriber side there is one.
    "empty_calling_number": lambda fields, day: _with(1, "", [*fields[:3], "", *fields[4:]]),
    "letters_in_number": lambda fields, day: _with(1, "22O1O5I", fields),
    "negative_duration": lambda fields, day: _with(6, "-5", fields),
    "duration_over_seven_days": lambda fields, day: _with(6, "604801", fields),
    "duration_no_number": lambda fields, day: _with(6, "12s", fields),
    "bad_time": lambda fields, day: _with(5, f"{day:%Y-%m-%d} 25:61:00", fields),
    "bad_date": lambda fields, day: _with(5, f"{day:%Y}-02-30 10:00:00", fields),
    "repeated_record_number": lambda fields, day: _with(0, "1", fields),
    "bad_cause": lambda fields, day: _with(7, "NORMAL", fields),
    "not_utf8": lambda fields, day: _with(2, "22001", fields).replace(b"22001", b"22\xff\xfe01"),
    "date_after_file": _late,
}


def write_stray_files(faults: Faults, folder: Path) -> int:
    """Files that are not files of their source: unknown switch, odd names, half-written; returns how many are whole."""
    planted, calendar = faults.planted, faults.calendar
    day = calendar.share(0.5)
    for folder_name, switch_id, case in (
        ("SX9", "SX9", "unknown_switch_folder"),
        ("SC1", "SX8", "unknown_switch_file"),
    ):
        name = f"{switch_id}_{day:%Y%m%d}_000001.csv"
        (folder / folder_name).mkdir(parents=True, exist_ok=True)
        (folder / folder_name / name).write_bytes(_two_records(day, switch_id[-1]))
        planted.add(case, {"folder": folder_name, "file_name": name, "records": 2})
    for place, (switch_id, name) in enumerate((("SE1", f"SE1-{day:%Y%m%d}-1.csv"), ("SW1", "readme.txt"))):
        (folder / switch_id / name).write_bytes(_two_records(day, str(place)))
        planted.add("rejected_file_name", {"folder": switch_id, "file_name": name})
    for name in (f"SC1_{calendar.last_day:%Y%m%d}_999999.csv.part", ".listing"):
        (folder / "SC1" / name).write_bytes(_two_records(day, "7")[:140])
        planted.add("half_written_file", {"folder": "SC1", "file_name": name})
    twin = faults.same_name
    half = twin.body.splitlines(keepends=True)[: max(1, twin.records // 2)]
    (folder / twin.switch_id / (twin.plain_name + ".gz")).write_bytes(pack(HEADER + b"".join(half), ".gz"))
    return 5


def _two_records(day: date, digit: str) -> bytes:
    """A small file of its own content."""
    records = (f"{n},220030{digit},01065529988,,T0102,{day} 09:0{n}:00,6{n},16\n" for n in (1, 2))
    return HEADER + "".join(records).encode()
