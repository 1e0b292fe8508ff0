"""A scheme's `${…}` filled in with a source's settings."""

import re
from collections.abc import Iterator, Mapping, Sized
from typing import Any

from accounts.errors import Fault
from integrations.patterns import read_whole_pattern
from webhooks.signatures.types import Setting

LONGEST_SETTING = 500
_BLANK = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")
_LINE = r"[^\x00-\x1f\x7f]+"
_NUMBER = r"[0-9]{1,9}"
_LEFT_OUT = object()


def with_defaults(settings: tuple[Setting, ...], given: Mapping[str, str]) -> dict[str, str]:
    """A value for each setting; empty: it has none."""
    return {setting.name: given.get(setting.name) or setting.default for setting in settings}


def setting_faults(settings: tuple[Setting, ...], given: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with what was entered, each with the setting's name as its path."""
    known = {setting.name for setting in settings}
    for name in sorted(given.keys() - known):
        yield Fault(name[:100], f"There is no such setting. There are: {', '.join(sorted(known)) or 'none'}.")
    for setting in settings:
        yield from _faults(setting, given.get(setting.name) or setting.default)


def _faults(setting: Setting, value: str) -> Iterator[Fault]:
    if not value:
        if setting.required:
            yield Fault(setting.name, "This is missing.")
    elif setting.choices and value not in setting.choices:
        yield Fault(setting.name, f"Give one of: {', '.join(setting.choices)}.")
    elif len(value) > LONGEST_SETTING:
        yield Fault(setting.name, f"This is longer than {LONGEST_SETTING} characters. Check what was entered.")
    elif not read_whole_pattern(setting.pattern or (_NUMBER if setting.number else _LINE)).finds(value):
        yield Fault(setting.name, "This is not of the right form. " + (setting.hint or "Check what was entered."))


def fill(written: Any, settings: tuple[Setting, ...], values: Mapping[str, str]) -> Any:
    """The document with its blanks filled in; what needs a setting without a value is left out."""
    filled = _filled(written, _Filling({setting.name: setting for setting in settings}, values))
    return {} if filled is _LEFT_OUT else filled


class _Filling:
    def __init__(self, settings: Mapping[str, Setting], values: Mapping[str, str]) -> None:
        self._settings = settings
        self._values = values

    def text(self, text: str) -> Any:
        names = _BLANK.findall(text)
        if not all(self._values.get(name) for name in names):
            return _LEFT_OUT
        whole = _BLANK.fullmatch(text)
        if whole and (setting := self._settings.get(whole[1])) and setting.number:
            return int(self._values[whole[1]])
        return _BLANK.sub(lambda found: self._values[found[1]], text)

    def holds(self, item: Any) -> bool:
        """Whether an alternative whose `when` names settings is there at all."""
        when = item.get("when") if isinstance(item, dict) else None
        if not isinstance(when, dict):
            return True
        there, absent = _names(when.get("setting")), _names(when.get("without_setting"))
        return all(map(self._values.get, there)) and not any(map(self._values.get, absent))


def _names(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else list(written or ())


def _filled(value: Any, filling: _Filling) -> Any:
    if isinstance(value, str):
        return filling.text(value)
    if isinstance(value, dict):
        fields = {name: made for name, inner in value.items() if (made := _filled(inner, filling)) is not _LEFT_OUT}
        return _unless_emptied(value, fields)
    if isinstance(value, list):
        items = [made for each in value if filling.holds(each) and (made := _filled(each, filling)) is not _LEFT_OUT]
        return _unless_emptied(value, items)
    return value


def _unless_emptied(before: Sized, after: Sized) -> Any:
    """What had something in it and has nothing left is left out, too."""
    return _LEFT_OUT if before and not after else after
