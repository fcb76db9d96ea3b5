"""Telephone numbers as they are compared: in call files, exports, ranges and questions of people. For SQL and Python.

A leading `+` becomes `00`; blanks and the signs - ( ) . # * go. A called number that begins with * or # is a service code and
keeps both. A result that is not a valid number stays as it is; the caller refuses it.
"""

from __future__ import annotations

_SEPARATORS = " -()."
_SIGNS = _SEPARATORS + "#*"
_WITHOUT_SEPARATORS = str.maketrans("", "", _SEPARATORS)
_WITHOUT_SIGNS = str.maketrans("", "", _SIGNS)


def normalised_number(text: str) -> str:
    """A calling, charged or subscriber's number."""
    return (f"00{text[1:]}" if text.startswith("+") else text).translate(_WITHOUT_SIGNS)


def normalised_called_number(text: str) -> str:
    """A called number; a service code as it was dialled."""
    return text.translate(_WITHOUT_SEPARATORS) if is_service_code(text) else normalised_number(text)


def is_service_code(text: str) -> bool:
    """Whether a dialled text is a service code: it begins with * or #."""
    return text.lstrip(_SEPARATORS).startswith(("*", "#"))


def number_sql(column: str) -> str:
    """The SQL of `normalised_number`. Nearly every number is plain digits already; only the others are worth rewriting."""
    return f"case when regexp_full_match({column}, '[0-9]*') then {column} else {_rewritten(column)} end"


def called_number_sql(column: str) -> str:
    """The SQL of `normalised_called_number`."""
    return (
        f"case when regexp_full_match({column}, '[0-9]*') then {column} "
        f"when ltrim({column}, '{_SEPARATORS}')[1] in ('*', '#') then translate({column}, '{_SEPARATORS}', '') "
        f"else {_rewritten(column)} end"
    )


def _rewritten(column: str) -> str:
    with_zeros = f"case when {column}[1] = '+' then '00' || {column}[2:] else {column} end"
    return f"translate({with_zeros}, '{_SIGNS}', '')"
