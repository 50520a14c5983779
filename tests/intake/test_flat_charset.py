"""Which encoding a flat file has when it does not tell."""

from __future__ import annotations

import pytest

from app.intake.flat_charset import flat_charset

JAPAN, CHINA, GERMANY = "A1VC38T7YXB528", "AAHKV2X7AFYLW", "A1PA6795UKMFR9"


@pytest.mark.parametrize(
    ("content_type", "marketplace_ids", "setting", "charset"),
    [
        ("utf-8", [JAPAN], "gbk", "utf-8"),
        (None, [JAPAN], "gbk", "gbk"),
        (None, [JAPAN], "marketplace", "shift_jis"),
        (None, [CHINA], "marketplace", "gbk"),
        (None, [GERMANY], "marketplace", "windows-1252"),
        (None, [JAPAN, GERMANY], "marketplace", "windows-1252"),
        (None, ["UNKNOWN"], "marketplace", "windows-1252"),
        (None, [], "marketplace", "windows-1252"),
    ],
)
def test_content_type_then_setting_then_marketplace_decide(
    content_type: str | None, marketplace_ids: list[str], setting: str, charset: str
) -> None:
    """In the order of mws-wire 6; several countries have no common encoding."""
    assert flat_charset(content_type, marketplace_ids, setting) == charset
