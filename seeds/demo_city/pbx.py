"""The hosted PBX of the city: an Asterisk whose few files hold what no canonical file can.

Legs of one call, records that are not calls, callers known by their account code, and calls paid by the number that forwards
them. Every record is planted, on lines that only planted calls use. The estimates, and so the payments, leave the PBX out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from seeds.demo_city.awkward_people import Cast
from seeds.demo_city.people import City

SWITCH = "PB1"
#: The endpoint of its trunk, and so the trunk group.
TRUNK = "trunk-pb1"
#: A file on each of these days, as fractions of the way.
DAYS = (0.26, 0.46, 0.66, 0.86)
STRANGER = "01065529977"
MOBILE = "13800138001"
#: What an unanswered call ends with, file by file.
OUTCOMES = ("NO ANSWER", "BUSY", "CONGESTION", "NO ANSWER")


@dataclass
class PbxFile:
    """One day's file: its lines, and which record is of which case."""

    day: date
    sequence: int
    lines: list[str] = field(default_factory=list)
    calls: int = 0
    #: Records that are ignored, and the seconds of the others.
    ignored: int = 0
    seconds: int = 0
    keys: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name as delivered."""
        return f"{SWITCH}_{self.day:%Y%m%d}_{self.sequence:06d}.csv"

    def channel(self, endpoint: str) -> str:
        """A new channel of an endpoint: a telephone's number, or the trunk."""
        self.calls += 1
        return f"PJSIP/{endpoint}-{self.calls:08x}"

    def write(
        self,
        clock: str,
        caller: str,
        called: str,
        channel: str,
        second: str = "",
        seconds: int = 0,
        *,
        outcome: str = "ANSWERED",
        app: str = "Dial",
        account_code: str = "",
        linked: str = "",
        is_ignored: bool = False,
    ) -> int:
        """Write a record: seized at `clock`, answered 5 seconds later if at all; returns its number."""
        start = datetime.combine(self.day, time.fromisoformat(clock))
        is_answered = outcome == "ANSWERED"
        answer = start + timedelta(seconds=5)
        end = answer + timedelta(seconds=seconds if is_answered else 20)
        number = len(self.lines) + 1
        unique = f"{SWITCH.lower()}-{self.sequence}.{number}"
        context = "from-trunk" if channel.startswith(f"PJSIP/{TRUNK}") else "internal"
        columns: list[str | int | None] = [account_code, caller, called, context, f'"{caller}" <{caller}>', channel]
        columns += [second, app, "", f"{start}", f"{answer}" if is_answered else None, f"{end}"]
        columns += [(end - start).seconds, seconds if is_answered else 0, outcome, "DOCUMENTATION"]
        columns += [unique, "", "", linked or unique, number]
        self.lines.append(",".join(_written(column) for column in columns))
        self.ignored += is_ignored
        self.seconds += 0 if is_ignored or not is_answered else seconds
        return number

    def note(self, case: str, number: int, **facts: object) -> None:
        """Say which case a record is."""
        self.keys.append((case, {"file_name": self.name, "record_number": number, **facts}))


def _written(column: str | int | None) -> str:
    """A column as cdr_csv writes it: a text in quotes; a number or a missing time without quotes."""
    if isinstance(column, str):
        return '"' + column.replace('"', '""') + '"'
    return "" if column is None else str(column)


def plant_pbx(city: City, cast: Cast, inbox: Path) -> list[PbxFile]:
    """Write the PBX's files, each with its companion, below the folder of its format, and count what they hold."""
    form = city.book.by("switches", "switch_id")[SWITCH]["cdr_format"]
    folder = inbox / form / SWITCH
    folder.mkdir(parents=True, exist_ok=True)
    parts = [cast[part].interval.service_number for part in ("business", "staff", "dialler")]
    files = []
    for place, fraction in enumerate(DAYS):
        file = PbxFile(city.calendar.share(fraction), place + 1)
        desk, hall, home = parts[place % 3 :] + parts[: place % 3]
        _ordinary(file, place, desk, hall, home)
        _legs(file, place, desk, hall, home)
        _no_calls(file, desk)
        _from_outside(file, desk, hall)
        _forwarded(file, place, desk, hall, home)
        (folder / file.name).write_text("\n".join([*file.lines, ""]), encoding="utf-8")
        companion = f"records={len(file.lines)}\nseconds={file.seconds}\n"
        (folder / f"{file.name}.ctl").write_text(companion, encoding="utf-8")
        for case, key in file.keys:
            city.planted.add(case, key)
        city.planted.add("pbx_file", {"file_name": file.name, "records": len(file.lines), "ignored": file.ignored})
        files.append(file)
    return files


def _ordinary(file: PbxFile, place: int, desk: str, hall: str, home: str) -> None:
    """Answered and unanswered calls, to the outside and within the house, and a caller known by his account code."""
    number = file.write("09:00:02", desk, "01065529988", file.channel(desk), file.channel(TRUNK), 61 + place)
    file.note("pbx_answered_call", number, charged_number=desk, duration_seconds=61 + place)
    number = file.write("09:03:40", desk, hall, file.channel(desk), file.channel(hall), 185)
    file.note("pbx_answered_call", number, charged_number=desk, duration_seconds=185)
    outcome = OUTCOMES[place]
    number = file.write("09:08:11", home, "02165529988", file.channel(home), file.channel(TRUNK), outcome=outcome)
    file.note("pbx_unanswered_call", number)
    number = file.write(
        "09:11:30", "anonymous", "02465529988", file.channel(home), file.channel(TRUNK), 90, account_code=home
    )
    file.note("pbx_caller_by_account_code", number, charged_number=home)


def _legs(file: PbxFile, place: int, desk: str, hall: str, home: str) -> None:
    """A ring group: three telephones ring. One is answered, or, in every second file, none is: then the first leg counts."""
    channel, linked = file.channel(desk), f"{SWITCH.lower()}-{file.sequence}.group"
    answered = 1 if place % 2 == 0 else None
    counted = answered or 0
    numbers = [
        file.write(
            "09:15:20",
            desk,
            home,
            channel,
            file.channel(rung),
            84,
            outcome="ANSWERED" if leg == answered else "NO ANSWER",
            linked=linked,
            is_ignored=leg != counted,
        )
        for leg, rung in enumerate((home, hall, "reception"))
    ]
    number = numbers.pop(counted)
    file.note("pbx_ring_group", number, charged_number=desk, is_answered=answered is not None, ignored_legs=numbers)


def _no_calls(file: PbxFile, desk: str) -> None:
    """A conference, the dialplan after a stranger's call, voicemail, and a channel of the switch itself."""
    for clock, caller, called, channel, app in (
        ("09:20:00", desk, "8000", file.channel(desk), "ConfBridge"),
        ("09:24:10", STRANGER, "h", file.channel(TRUNK), "Hangup"),
        ("09:26:00", desk, "voicemail", file.channel(desk), "VoiceMailMain"),
        ("09:28:00", desk, "8000", f"CBRec/conf-8000-{file.sequence:08x};1", "Playback"),
    ):
        number = file.write(clock, caller, called, channel, "", 30, app=app, is_ignored=True)
        file.note("pbx_no_call", number)


def _from_outside(file: PbxFile, desk: str, hall: str) -> None:
    """Calls over the trunk: one without a number, one that ends in the menu. Nobody pays for them."""
    number = file.write("09:30:00", "anonymous", desk, file.channel(TRUNK), file.channel(desk), 45)
    file.note("pbx_withheld_caller", number)
    number = file.write("09:32:00", STRANGER, "s", file.channel(TRUNK), "", 12, app="BackGround")
    file.note("pbx_incoming_call", number)
    number = file.write("09:33:00", STRANGER, hall, file.channel(TRUNK), file.channel(hall), outcome="NO ANSWER")
    file.note("pbx_unanswered_call", number)


def _forwarded(file: PbxFile, place: int, desk: str, hall: str, home: str) -> None:
    """Calls that go out again. The account code pays, here another number than was dialled; without one, what was dialled."""
    local, linked = f"Local/{hall}@internal-{file.sequence:08x}", f"{SWITCH.lower()}-{file.sequence}.forward"
    payer = desk if place % 2 == 0 else hall
    number = file.write("09:40:00", STRANGER, hall, file.channel(TRUNK), f"{local};1", 66, linked=linked)
    file.note("pbx_incoming_call", number)
    number = file.write(
        "09:40:01",
        STRANGER,
        MOBILE,
        f"{local};2",
        file.channel(TRUNK),
        61,
        account_code=desk if payer == desk else "",
        linked=linked,
    )
    file.note("pbx_forwarded_call", number, charged_number=payer)
    inner = f"Local/{home}@internal-{file.sequence:08x}"
    number = file.write("09:44:00", desk, home, file.channel(desk), f"{inner};1", 70)
    file.note("pbx_answered_call", number, charged_number=desk, duration_seconds=70)
    number = file.write("09:44:01", desk, home, f"{inner};2", file.channel(home), 69, is_ignored=True)
    file.note("pbx_no_call", number)
    number = file.write("09:48:00", STRANGER, MOBILE, file.channel(TRUNK), file.channel(TRUNK), 124, account_code=home)
    file.note("pbx_forwarded_call", number, charged_number=home)
