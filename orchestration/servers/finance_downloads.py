"""The finance files of a page as one download: the file that the command writes, or a ZIP of several, from what the viewer may see.

The files themselves are made in orchestration.finance_files; which of them a page offers, the page says.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, unquote

from dashboards.pages.model import FinanceFiles
from dashboards.view import View
from orchestration.errors import TollhouseError, UsageError
from orchestration.finance_files.exporting import export_from_view
from orchestration.finance_files.pdf import find_font
from orchestration.publishing.manifest import EditionError
from orchestration.servers.messages import Unavailable
from orchestration.settings import Settings

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
#: Of every file in a ZIP, so that the same files give the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]')


@dataclass(frozen=True)
class Download:
    """The content of a download with its name, which may be Chinese."""

    name: str
    content: bytes

    @property
    def content_type(self) -> str:
        """By the end of its name."""
        return CONTENT_TYPES[self.name.rpartition(".")[2]]

    @property
    def disposition(self) -> str:
        """The header Content-Disposition: the name in UTF-8 (RFC 6266), and in ASCII for programs that do not know that."""
        plain = self.name.encode("ascii", "replace").decode("ascii").replace("?", "_")
        return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(self.name, safe='')}"


def finance_download(
    view: View, settings: Settings, wanted: FinanceFiles, file_format: str, language: str
) -> Download | None:
    """The files of a kind, period and agent in a format; None where the edition has nothing of them for the viewer.

    Raises Unavailable with what to do where they cannot be made: no font for a PDF, too many rows for one, a fault in the reference book.
    Raises EditionError where the edition is damaged.
    """
    if file_format == "pdf":
        _must_have_a_font(settings)
    with tempfile.TemporaryDirectory(prefix="tollhouse-files-") as folder:
        try:
            outcome = export_from_view(
                view, settings, wanted.kind, wanted.period, wanted.agent, file_format, language, Path(folder)
            )
        except UsageError:  # the period or the agent is not there, or not for the viewer
            return None
        except EditionError:
            raise
        except TollhouseError as error:
            raise Unavailable(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"无法生成该文件：{error}", f"The file cannot be made: {error}"
            ) from error
        made = [(_readable(file.path.name), file.path.read_bytes()) for file in outcome.files]
    if not made:
        return None
    if len(made) == 1:
        return Download(*made[0])
    whose = () if wanted.agent is None else (wanted.agent,)
    return Download(_readable("_".join((wanted.kind, wanted.period, *whose)) + f".{file_format}.zip"), _zipped(made))


def _must_have_a_font(settings: Settings) -> None:
    try:
        find_font(settings.pdf_font)
    except TollhouseError as error:
        raise Unavailable(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"服务器上没有可用于 PDF 的中文字体：请下载其他格式，或请管理员安装字体。{error}",
            f"This server cannot make a PDF: download another format, or ask its administrator. {error}",
        ) from error


def _readable(name: str) -> str:
    """A name as people read it: the command writes an id of an agent into it percent-encoded."""
    return _NOT_IN_NAMES.sub("_", unquote(name))


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
