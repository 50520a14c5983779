"""Promises that are kept in step: code, corpus and documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import ErrorCode, ResultCode
from app.feedtypes import registry
from app.model.feed import FeedType
from app.resources import xsd_folder
from app.settings import Settings

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "feeds"
CASES = sorted(CORPUS.glob("*/*/case.md"))

# No document provokes 5002: a feed is given up for failures around it, which
# tests/engine/test_given_up.py shows.
OF_DOCUMENTS = [code for code in ResultCode if code is not ResultCode.NOT_PROCESSED]


def _reported() -> set[int]:
    numbers: set[int] = set()
    for report in CORPUS.glob("*/*/report*.xml"):
        text = report.read_text(encoding="utf-8")
        numbers.update(map(int, re.findall(r"<ResultMessageCode>(\d+)<", text)))
        numbers.update(map(int, re.findall(r" \((7\d{5})\)</ResultDescription>", text)))
    for report in CORPUS.glob("*/*/report*.txt"):
        text = report.read_text(encoding="utf-8")
        numbers.update(
            map(int, re.findall(r"\t(\d+)\t(?:Error|Warning|Fatal)\t", text))
        )
    return numbers


def test_the_corpus_has_at_least_sixty_cases() -> None:
    """The issue of the first release asks for them, each a folder to read and run."""
    assert len(CASES) >= 60


@pytest.mark.parametrize("code", OF_DOCUMENTS)
def test_each_result_code_has_a_case_that_provokes_it(code: ResultCode) -> None:
    """A code that no case provokes is a promise that nobody has seen kept."""
    assert code.number in _reported()


@pytest.mark.parametrize("feed_type", registry.FEED_TYPES, ids=lambda kind: kind.name)
def test_each_feed_type_has_a_schema_and_cases(feed_type: FeedType) -> None:
    """A feed type is its judgement, its schema and its cases."""
    kind = "txt" if feed_type.flat_file else "xml"
    assert list(xsd_folder().rglob(f"{feed_type.message_type}.xsd"))
    assert list((CORPUS / feed_type.message_type).glob(f"*/feed*.{kind}"))


@pytest.mark.parametrize("code", list(ErrorCode))
def test_each_request_error_is_provoked_by_a_test(code: ErrorCode) -> None:
    """A refusal that no test provokes may have no cause left, or a wrong one."""
    tests = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py")]

    assert any(code.value.mws in text for text in tests)


def test_the_reference_pages_are_those_that_the_code_gives() -> None:
    """Error catalogue and settings are made from the code, and committed."""
    generator = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]

    done = subprocess.run(generator, capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 0, done.stderr


def test_each_setting_says_what_it_means() -> None:
    """The reference shows the description of the field, so there must be one."""
    silent = [
        name for name, field in Settings.model_fields.items() if not field.description
    ]

    assert silent == []


def test_links_of_the_documentation_lead_somewhere() -> None:
    """A page that was moved must not leave a dead link behind."""
    dead = []
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)}: {target}")

    assert dead == []


def test_what_only_senders_need_is_not_loaded_at_the_start() -> None:
    """boto3 takes a second and 30 MB, which most installations never use."""
    code = "import sys, app.main; sys.exit('botocore' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)

    assert done.returncode == 0, done.stderr


def test_package_folders_have_empty_init_files() -> None:
    """Importing a package does no work (house style)."""
    filled = [path for path in ROOT.glob("app/**/__init__.py") if path.stat().st_size]

    assert filled == []
