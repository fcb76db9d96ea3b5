"""An Asterisk's call file to records, by the words of docs/formats.md ("Asterisk") and nothing of the product's declaration.

Read are cdr_csv's default columns with those of `newcdrcolumns`. What a record's numbers and times may be is in `records`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict

from .files import InboxFile
from .records import Malformed, Record, check, dialled, integer, normalised, timestamp

# fmt: off
COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
    "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid", "sequence",
)
# fmt: on
#: The last five are there only where cdr.conf asks for them.
FEWEST_COLUMNS = len(COLUMNS) - 5

#: Where in the dialplan a call was when it ended: it has no called number.
PLACES_IN_THE_DIALPLAN = {"s", "t", "T", "i", "e", "o", "a", "fax", "talk"}
OWN_CHANNELS = ("CBAnn/", "CBRec/", "ConfBridgeRecorder/", "Announcer/", "Recorder/", "Snoop/", "Surrogate/")
OWN_CHANNELS += ("MulticastRTP/", "Message/")
CONFERENCES_AND_PARKING = {"ConfBridge", "MeetMe", "ParkedCall"}
MENUS_AND_TESTS = {"VoiceMailMain", "Echo", "Milliwatt"}
WITHHELD = {"anonymous", "unknown", "unavailable", "private", "restricted", "withheld"}
#: The cause of Q.850 that says what the outcome says: normal clearing, no answer, busy, no circuit; 31 is "normal, unspecified".
CAUSES = {"ANSWERED": 16, "NO ANSWER": 19, "BUSY": 17, "CONGESTION": 34, "FAILED": 31}


def trunk_of(channel: str) -> str:
    """The trunk that a channel goes through, nothing where it is a telephone's or the switch's own."""
    _, _, endpoint = channel.partition("/")
    name, dash, _ = endpoint.rpartition("-")
    return name if dash and name.startswith("trunk") and not channel.startswith("Local/") else ""


def is_number(text: str) -> bool:
    """Whether a text can be the number that pays."""
    return re.fullmatch(r"\+?[0-9]+", text) is not None


def is_word(text: str) -> bool:
    """Whether a dialled text is a name of the dialplan."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) is not None


class Line:
    """One line of the file with the record that it becomes."""

    def __init__(self, record: Record, value: dict[str, str]) -> None:
        self.record = record
        self.value = value
        self.channel, self.second = value["channel"], value["dstchannel"]
        self.trunk_in, self.trunk_out = trunk_of(self.channel), trunk_of(self.second)
        self.is_answered = value["disposition"] == "ANSWERED"

    @property
    def call(self) -> tuple[str, str]:
        """What its legs have in common: the call, and the channel that rings the telephones or tries the trunks."""
        call = self.value.get("linkedid") or self.value.get("uniqueid")
        return (call, self.channel) if call else (f"line {self.record.line_number}", "")

    @property
    def is_telephones(self) -> bool:
        """Whether a telephone of the switch made it, and no trunk and no end of a Local channel."""
        return not self.trunk_in and not self.channel.startswith("Local/")

    @property
    def leaves_anew(self) -> bool:
        """Whether a call that was forwarded goes out: the far end of a Local channel, to a trunk."""
        return self.channel.startswith("Local/") and self.channel.endswith(";2") and self.trunk_out != ""

    def is_no_call(self) -> bool:
        """What the table of docs/formats.md says is ignored, legs apart."""
        called, app = self.value["dst"], self.value["lastapp"]
        if self.channel.startswith(OWN_CHANNELS) or self.second.startswith(OWN_CHANNELS):
            return True
        if called == "h" and not self.second:
            return True
        if self.channel.startswith("Local/") and not self.trunk_out:
            return True
        if not self.is_telephones:
            return False
        return (is_word(called) and not self.second) or app in CONFERENCES_AND_PARKING or app in MENUS_AND_TESTS

    def fill(self, lines: list[Line]) -> None:
        """Fill the record's columns, or raise Malformed."""
        record, value = self.record, self.value
        record.trunk_group_in, record.trunk_group_out = self.trunk_in, self.trunk_out
        record.calling_number = normalised(self.caller(lines))
        record.called_number = dialled(self.called())
        record.started_at = timestamp(value["answer"] if self.is_answered and value["answer"] else value["start"])
        record.duration_seconds = integer(value["billsec"], "billsec") if self.is_answered else 0
        dialled_out = self.dialled_out(lines)
        if dialled_out is not None:
            if self.trunk_out:
                raise Malformed("an outgoing call that was transferred to the outside is two calls")
            record.trunk_group_in, record.trunk_group_out = "", self.trunk_in
            record.calling_number, record.called_number = map(normalised, dialled_out)
        if value["disposition"] not in CAUSES:
            raise Malformed("an outcome that Asterisk does not have")
        record.release_cause = CAUSES[value["disposition"]]
        record.payer = normalised(self.payer(lines))

    def caller(self, lines: list[Line]) -> str:
        """The caller; who withholds his number on a telephone is known by his account code, on a trunk he is nobody."""
        caller = self.value["src"]
        if caller.strip("<>").partition("@")[0].lower() not in WITHHELD and any(map(str.isdigit, caller)):
            return caller
        if not self.trunk_in and is_number(self.value["accountcode"]):
            return self.value["accountcode"]
        return self.dialled_before(lines) if self.leaves_anew else ""

    def called(self) -> str:
        """The number called: none where the call ended in the dialplan, that of the mailbox where it ended there."""
        called = self.value["dst"]
        mailbox = re.fullmatch(r"vm[a-z]*([0-9]+)", called)
        return mailbox[1] if mailbox else "" if called in PLACES_IN_THE_DIALPLAN else called

    def payer(self, lines: list[Line]) -> str:
        """Who pays for a call that is forwarded or transferred to the outside; nobody else is named."""
        if not self.leaves_anew and not (self.trunk_in and self.trunk_out):
            return ""
        if is_number(self.value["accountcode"]):
            return self.value["accountcode"]
        if self.leaves_anew:
            return self.dialled_before(lines)
        for other in lines:
            if other.second == self.second and other.is_telephones:
                return other.value["src"]
        for other in lines:
            is_put_through = other.trunk_in and other.second and not other.trunk_out
            if is_put_through and other.call == self.call and not other.second.startswith("Local/"):
                return "" if other.value["dst"] == self.value["dst"] else other.value["dst"]
        return ""

    def dialled_out(self, lines: list[Line]) -> tuple[str, str] | None:
        """Who had dialled out to whom on the trunk's channel that goes on here; None where the call came in."""
        if not self.trunk_in:
            return None
        for other in lines:
            is_fetched = other.value["lastapp"] in CONFERENCES_AND_PARKING
            if (
                other.second == self.channel
                and self.is_in_the_call_to(other)
                and other.is_telephones
                and is_number(other.value["dst"])
                and not is_fetched
            ):
                return other.value["src"] if is_number(other.value["src"]) else "", other.value["dst"]
        return None

    def is_in_the_call_to(self, other: Line) -> bool:
        """Whether a channel of the same name is that of the other's call: by linkedid, without it by the number that was dialled."""
        call, others = self.value.get("linkedid"), other.value.get("linkedid")
        if call or others:
            return call == others
        ends = [re.search(r"[0-9]{1,7}$", number) for number in (self.value["src"], other.value["dst"])]
        return None not in ends and len({end[0] for end in ends if end}) == 1

    def dialled_before(self, lines: list[Line]) -> str:
        """What was dialled before the forwarding: it is in the record that has the near end of the same Local channel."""
        near = self.channel.removesuffix(";2") + ";1"
        return next(
            (other.value["dst"] for other in lines if other.second == near and is_number(other.value["dst"])), ""
        )


def set_legs_aside(lines: list[Line]) -> None:
    """Of each call the answered legs count, each; where nobody answered, the first. The others are ignored."""
    calls: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.record.state == "":
            calls[line.call].append(line)
    for legs in calls.values():
        answered = [line for line in legs if line.record.duration_seconds > 0]
        for line in legs:
            if line not in (answered or legs[:1]):
                line.record.state, line.record.reason = "ignored", "a leg of a call of which another leg counts"


def read_asterisk(file: InboxFile, known_switch: bool) -> bool:
    """Fill `file.records`, one per line, with the malformed and the ignored ones; such a file is never unreadable."""
    lines = []
    for number, fields in enumerate(csv.reader(io.StringIO(file.content.decode("utf-8"), newline="")), start=1):
        record = Record(file=file, line_number=number, record_number=number)
        file.records.append(record)
        if not FEWEST_COLUMNS <= len(fields) <= len(COLUMNS):
            record.state, record.reason = "malformed", "the line has not as many columns as Asterisk writes"
            continue
        lines.append(Line(record, dict(zip(COLUMNS, fields, strict=False))))
    for line in lines:
        if line.is_no_call():
            line.record.state, line.record.reason = "ignored", "no call"
            continue
        try:
            line.fill(lines)
            check(line.record, known_switch)
        except Malformed as problem:
            line.record.state, line.record.reason = "malformed", str(problem)
    set_legs_aside(lines)
    return True
