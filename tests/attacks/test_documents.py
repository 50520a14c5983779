"""Each hostile document gets its answer, in little time and memory.

The bounds are 250 ms of CPU and 32 MiB above idle (`python -m tests.attacks.examine`
prints what each took); here they are wider, for machines that are busy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.answers import ANSWERS
from tests.attacks.documents import ATTACKS
from tests.attacks.examine import MOST_GROWTH, MOST_SECONDS

ROOT = Path(__file__).parents[2]
MARGIN = 2
CODES = {name: code for code, names in ANSWERS.items() for name in names}

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def results() -> Results:
    """What came of all documents, each examined in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.attacks.examine"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    lines = map(json.loads, run.stdout.splitlines())
    return {result["name"]: result for result in lines}


def test_there_are_at_least_120_documents_and_each_has_its_answer() -> None:
    """A new one needs its answer in `answers.py`."""
    assert len(ATTACKS) >= 120
    assert ATTACKS.keys() == CODES.keys()


def test_each_document_gets_its_answer(results: Results) -> None:
    """Refused by the right code, or handled."""
    codes = {name: result["code"] for name, result in results.items()}

    assert codes == CODES


def test_each_refusal_says_why_in_a_sentence(results: Results) -> None:
    """It ends in a report, and must not carry the document along."""
    refused = [each for each in results.values() if each["code"] is not None]

    assert all(each["text"].endswith(".") for each in refused)
    assert all(each["messages"] == each["read"] == 0 for each in refused)


def test_no_document_takes_long_or_much_memory(results: Results) -> None:
    """CPU time of the process that examines it, and the growth of its peak."""
    dear = [
        each
        for each in results.values()
        if each["seconds"] > MOST_SECONDS * MARGIN
        or each["grown"] > MOST_GROWTH * MARGIN
    ]

    assert dear == []
