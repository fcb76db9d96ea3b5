"""The text of alerts in Chinese and English. Occasions of one kind that are due together are reported in one message."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from orchestration.alerting.occasions import (
    EDITION_BLOCKED,
    FILE_HELD,
    FILE_REJECTED,
    NOTHING_CAME,
    RUN_FAILED,
    TEST,
    Occasion,
)
from orchestration.branch_clock import shown_time
from orchestration.settings import Settings

_MOST_ITEMS = 20

# kind → (heading, what to do) in each language; {count} is the number of occasions.
_WORDS = {
    RUN_FAILED: (
        ("运行失败", "最近的版本仍然有效。请在服务器上执行 tollhouse status 和 tollhouse doctor，处理原因后再执行 tollhouse run。"),
        (
            "a run failed",
            "The last edition stays. Run `tollhouse status` and `tollhouse doctor`, fix what they name, then `tollhouse run`.",
        ),
    ),
    EDITION_BLOCKED: (
        ("版本被拦截，未发布", "最近的版本仍然有效。tollhouse status 会列出未通过的检查；请保留所示文件夹。"),
        (
            "an edition was blocked",
            "The last edition stays. `tollhouse status` names the gates that failed; keep the folder that is named.",
        ),
    ),
    FILE_HELD: (
        ("{count} 个文件待人工处理", "请用 tollhouse files show FILE_ID 查看，然后放行（release）或请对方重新提交。"),
        (
            "{count} file(s) held, waiting for a decision",
            "Look with `tollhouse files show FILE_ID`, then release the file or have it delivered again.",
        ),
    ),
    FILE_REJECTED: (
        ("{count} 个文件被拒收", "请用 tollhouse files show FILE_ID 查看原因，处理后重试（retry）或请对方重新提交。"),
        (
            "{count} file(s) rejected",
            "Look with `tollhouse files show FILE_ID`, then fix the cause and retry the file, or have it delivered again.",
        ),
    ),
    NOTHING_CAME: (
        ("长时间没有新文件", "请检查交换机、银行和客户系统的传送，以及 tollhouse doctor 对各数据源的检查结果。"),
        (
            "no new file came",
            "Look at the deliveries of switches, banks and the customer system, and at the lines of `tollhouse doctor` about the sources.",
        ),
    ),
    TEST: (
        ("测试消息", "收到此消息，说明告警设置有效。"),
        ("a test", "If you read this, alerts arrive."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class AlertMessage:
    """What is sent. `message_id` is the same each time that the sending of it is tried."""

    message_id: str
    kind: str
    subject: str
    text_zh: str
    text_en: str
    since: str
    items: tuple[dict[str, str], ...]

    def as_json(self) -> str:
        """As one line of JSON, from which `from_json` makes it again."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> AlertMessage:
        """The message of a line that `as_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "items": tuple(values["items"])})


def compose(settings: Settings, kind: str, occasions: Sequence[Occasion], message_id: str) -> AlertMessage:
    """The message about occasions of one kind, the newest first; of more than twenty the others are only counted."""
    (title_zh, advice_zh), (title_en, advice_en) = (
        (title.format(count=len(occasions)), advice) for title, advice in _WORDS[kind]
    )
    newest_first = sorted(occasions, key=lambda occasion: occasion.since, reverse=True)
    lines = [_line(occasion, settings.time_zone) for occasion in newest_first[:_MOST_ITEMS]]
    more = len(occasions) - len(lines)
    where = f"{socket.gethostname()}: {settings.home}"
    return AlertMessage(
        message_id=message_id,
        kind=kind,
        subject=f"[Tollhouse] {title_zh} · {title_en}",
        text_zh="\n".join(
            [f"{title_zh}。", "", *lines, *([f"另有 {more} 项。"] if more else []), "", advice_zh, f"位置：{where}"]
        ),
        text_en="\n".join(
            [
                f"{title_en[0].upper()}{title_en[1:]}.",
                "",
                *lines,
                *([f"and {more} more."] if more else []),
                "",
                advice_en,
                f"Where: {where}",
            ]
        ),
        since=newest_first[0].since,
        items=tuple({"since": occasion.since, **occasion.facts} for occasion in newest_first[:_MOST_ITEMS]),
    )


def _line(occasion: Occasion, time_zone: str) -> str:
    facts = occasion.facts
    shown = {
        RUN_FAILED: ("error",),
        EDITION_BLOCKED: ("gates", "folder"),
        FILE_HELD: ("source", "file_name", "reason", "file_id"),
        FILE_REJECTED: ("source", "file_name", "reason", "file_id"),
        NOTHING_CAME: (),
        TEST: (),
    }[occasion.kind]
    parts = [shown_time(occasion.since, time_zone), *(facts[name] for name in shown if facts.get(name))]
    return "- " + " | ".join(parts)
