"""Templates of the flat files: what is downloaded can be filled in and sent."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.engine.flat_gate import check_flat_file
from app.engine.pieces import Limits
from app.errors import ServiceError
from app.feedtypes.registry import FLAT_FILE_FEED_TYPES
from app.intake.templates import TemplateFormat, template
from app.intake.workbook import DEFINITIONS
from app.model.feed import FeedType, Rules, Verdict


def _examples(feed_type: FeedType, headings: list[str]) -> str:
    assert feed_type.flat_file is not None
    examples = {column.name: column.example for column in feed_type.flat_file.columns}
    return "\t".join(examples[name] for name in headings) + "\r\n"


def _verdict(document: bytes, feed_type: FeedType, rules: Rules) -> Verdict:
    return check_flat_file(
        BytesIO(document), feed_type, rules=rules, limits=Limits(), charset=None
    )


@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("feed_type", FLAT_FILE_FEED_TYPES, ids=lambda each: each.name)
def test_a_text_template_with_its_examples_is_a_valid_file(
    feed_type: FeedType, rules: Rules
) -> None:
    """No column is missing and none unknown, under either profile."""
    made = template(feed_type.mws, TemplateFormat.TXT)
    headings = made.content.decode().splitlines()[-1].split("\t")

    document = made.content + _examples(feed_type, headings).encode()
    verdict = _verdict(document, feed_type, rules)

    assert (verdict.refusal, verdict.warnings, verdict.messages) == (None, (), 1)


@pytest.mark.parametrize("feed_type", FLAT_FILE_FEED_TYPES, ids=lambda each: each.name)
def test_a_workbook_has_the_same_rows_and_explains_every_column(
    feed_type: FeedType,
) -> None:
    """Cells to be filled in are text, so that no id becomes a number or a date."""
    assert feed_type.flat_file is not None
    text = template(feed_type.name, TemplateFormat.TXT).content.decode()

    made = template(feed_type.name, TemplateFormat.XLSX)

    book = load_workbook(BytesIO(made.content))
    assert book.sheetnames == [feed_type.flat_file.sheet, DEFINITIONS]
    sheet, definitions = book[feed_type.flat_file.sheet], book[DEFINITIONS]
    lines = text.splitlines()
    rows = [
        "\t".join(value for value in row if value is not None)
        for row in sheet.iter_rows(max_row=len(lines), values_only=True)
    ]
    assert rows == lines
    below = sheet[len(lines) + 1]
    assert {cell.number_format for cell in below} == {"@"}
    told = [row[0] for row in definitions.iter_rows(min_row=2, values_only=True)]
    assert told == [column.name for column in feed_type.flat_file.columns]


def test_a_feed_type_without_template_is_refused_with_those_that_have_one() -> None:
    """XML feeds have none."""
    with pytest.raises(ServiceError) as raised:
        template("_POST_ORDER_FULFILLMENT_DATA_", TemplateFormat.TXT)

    assert "_POST_FLAT_FILE_FULFILLMENT_DATA_" in raised.value.message
