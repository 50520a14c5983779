"""try: golden cases run by hand, one's own among them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command

CORPUS = Path(__file__).parents[2] / "feeds"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of a case that is for both rules."""
    name = "OrderAcknowledgement/order-cancelled-with-status-failure"
    folder = tmp_path / "case"
    shutil.copytree(CORPUS / name, folder)
    return folder


def test_a_case_that_comes_out_right_is_ok_for_each_of_its_rules(
    feedgate: Command, case: Path
) -> None:
    """The settings of whoever runs it change nothing: a case holds everywhere."""
    done = feedgate("try", case, INVALID_FEEDS="refuse", RULES="strict")

    assert done.code == 0
    assert [line.partition(") ")[0] for line in done.out.splitlines()] == [
        f"ok: {case} (standard",
        f"ok: {case} (strict",
    ]


def test_a_difference_is_shown_and_makes_the_exit_code_1(
    feedgate: Command, case: Path
) -> None:
    """The diff says what came out, against what the case expects."""
    report = case / "report.xml"
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace("Processed>1<", "Processed>2<"), encoding="utf-8")

    done = feedgate("try", case, "--rules", "standard")

    lines = done.out.splitlines()
    assert done.code == 1
    assert lines[0].startswith(f"differs: {case} (standard) ")
    assert lines[1:3] == [f"--- {report}", "+++ as it came out"]
    assert "-\t\t\t\t<MessagesProcessed>2</MessagesProcessed>" in lines
    assert "+\t\t\t\t<MessagesProcessed>1</MessagesProcessed>" in lines


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("case.md", "# Title\n", "must begin with the lines # title, FeedType: ..."),
        (
            "case.md",
            "# Title\nFeedType: _A_, _B_\nRules: both\n",
            "names 2 FeedTypes for 1 feeds.",
        ),
        ("feed.xml", None, "lacks feed-1.xml, report-1.xml, report-1.xml."),
        ("orders.json", "[{}]", "order without id: amazon_order_id is missing"),
    ],
)
def test_a_folder_that_is_no_whole_case_is_told_apart(
    feedgate: Command, case: Path, name: str, content: str | None, sentence: str
) -> None:
    """Whoever writes a case learns what is still to be written."""
    if content is None:
        (case / name).unlink()
    else:
        (case / name).write_text(content, encoding="utf-8")

    done = feedgate("try", case)

    assert done.code == 2
    assert sentence in done.sentences[0]
