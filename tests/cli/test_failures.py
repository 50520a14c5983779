"""Bad input for every command: one sentence, a non-zero exit, no traceback."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Command, ServedDemo

SELLER = "A1CORNERSHOP01"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["submt"], r"No such command 'submt'.*"),
        (["validate"], r"Missing argument 'files' \(see feedgate validate --help\)\."),
        (["validate", "none.xml"], r"none\.xml: there is no such file\."),
        (
            ["validate", "none.xml", "--rules", "lax"],
            r"Invalid value for '--rules': .*",
        ),
        (["serve", "--port", "99999"], r"Invalid value for '--port': .*"),
        (["serve", "--host", "256.1.1.1"], r"Cannot listen on port 8000 of 256\.1\..*"),
        (["work", "--workers", "0"], r"Invalid value for '--workers': .*"),
        (["accounts", "create", " "], r"A seller needs a name\."),
        (
            ["accounts", "create", "Shop", "--seller-id", "shop"],
            r'Seller id "shop" must be 10 to 20 capital letters and digits\.',
        ),
        (
            ["accounts", "create", "Shop", "--marketplace", "US"],
            r'Marketplace "US" is unknown: use one of .*',
        ),
        (
            ["accounts", "create", "Shop", "--merchant-token", "M SHOP"],
            r'Merchant token "M SHOP" must be .*',
        ),
        (["accounts", "rotate", SELLER], rf'There is no seller "{SELLER}"\.'),
        (["accounts", "revoke", "AKIA1"], r"Access key AKIA1 is not in force\."),
        (["accounts", "list", "--format", "xml"], r"Invalid value for '--format': .*"),
        (
            ["orders", "import", "none.json", "--seller-id", SELLER],
            r"none\.json: there is no such file\.",
        ),
        (["orders", "import", "none.json"], r"Missing option '--seller-id' .*"),
        (
            ["orders", "list", "--seller-id", SELLER],
            rf'There is no seller "{SELLER}": `feedgate accounts list` shows .*',
        ),
        (
            ["orders", "list", "--seller-id", SELLER, "--status", "Open"],
            r"Invalid value for '--status': .*",
        ),
        (
            ["orders", "show", "026-1234567-1234567", "--seller-id", SELLER],
            rf'There is no seller "{SELLER}": .*',
        ),
        (
            ["submit", "none.xml", "--type", "X"],
            r"No endpoint is given: use --endpoint .*",
        ),
        (["submit", "none.xml"], r"none\.xml: No such file or directory\."),
        (["report", "1"], r"No endpoint is given: .* writes .*/home/demo\.json\."),
        (
            ["report", "1", "--endpoint", "http://127.0.0.1:1"],
            r"No access key is given: use --access-key or FEEDGATE_ACCESS_KEY\.",
        ),
        (["try", "."], r"\. is no golden case: it has no case\.md\."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_cannot_do_what_it_is_asked_says_so(
    feedgate: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    """One line says what was wrong, and no script takes anything for data."""
    monkeypatch.chdir(Path(__file__).parents[2])

    done = feedgate(*arguments)

    assert done.code == 2
    assert done.out == ""
    assert re.fullmatch(f"feedgate: {sentence}", done.err.strip())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"PORT": "eighty"},
            r'FEEDGATE_PORT is "eighty": input should be a valid int.*',
        ),
        ({"RULES": "lax"}, r'FEEDGATE_RULES is "lax": input should be .*'),
        (
            {"DATABASE_URL": "mysql://localhost/x"},
            r"FEEDGATE_DATABASE_URL cannot be used: mysql is neither sqlite nor .*",
        ),
        (
            {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"},
            r"The database or its folder is out of reach: .*",
        ),
        (
            {"SECRET_KEY": "short"},
            r"The service cannot start: a seal key is 32 bytes .*",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_setting_that_cannot_be_is_named(
    feedgate: Command, settings: dict[str, str], sentence: str
) -> None:
    """The sentence names the variable, since nobody types it with the command."""
    done = feedgate("accounts", "list", **settings)

    assert done.code == 2
    assert re.fullmatch(f"feedgate: {sentence}", done.err.strip())


def test_no_workers_to_work_with_is_said_at_once(feedgate: Command) -> None:
    """Otherwise `work` would wait for ever, doing nothing."""
    done = feedgate("work", WORKERS=0)

    assert done.code == 2
    assert done.sentences == [
        "feedgate: FEEDGATE_WORKERS is 0, so nobody would work: give --workers 1."
    ]


def test_a_port_in_use_is_said_before_anything_is_made(
    feedgate: Command, tmp_path: Path
) -> None:
    """Whoever starts the service twice learns why the second does not come up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = feedgate("serve", "--port", str(port))

    assert done.code == 2
    assert done.sentences == [
        f"feedgate: Cannot listen on port {port} of 127.0.0.1 (it is in use already): "
        "choose another with --port or --host."
    ]
    assert not (tmp_path / "home").exists()


def test_a_postgresql_that_is_not_migrated_is_not_touched(
    feedgate: Command, empty_postgresql: str
) -> None:
    """When to migrate a database of many nodes is for its operator to say."""
    refused = feedgate("serve", "--port", "0", DATABASE_URL=empty_postgresql)
    migrated = feedgate("migrate", DATABASE_URL=empty_postgresql)
    listed = feedgate("accounts", "list", DATABASE_URL=empty_postgresql)

    assert refused.code == 2
    assert refused.sentences == [
        "feedgate: The database is not at the newest revision: run `feedgate migrate`."
    ]
    assert migrated.out == "The database is at the newest revision.\n"
    assert listed.code == 0


@pytest.mark.parametrize(
    ("changes", "arguments", "sentence"),
    [
        (
            {"SECRET": "wrong"},
            ["report", "1"],
            r".* was refused with SignatureDoesNotMatch \(403\): .*",
        ),
        (
            {"ACCESS_KEY": "AKIANONE"},
            ["report", "1"],
            r"GetFeedSubmissionResult was refused with InvalidAccessKeyId \(403\): .*",
        ),
        (
            {},
            ["report", "50000000999"],
            r".* was refused with InvalidFeedSubmissionId \(400\): .*",
        ),
        (
            {"ENDPOINT": "http://127.0.0.1:1"},
            ["report", "1"],
            r"http://127\.0\.0\.1:1 did not answer GetFeedSubmissionResult \(.*\)\.",
        ),
        (
            {"ENDPOINT": "127.0.0.1:8000"},
            ["report", "1"],
            r'The endpoint is "127\.0\.0\.1:8000", expected http:// or https:// in .*',
        ),
        (
            {},
            ["submit", "{home}/demo/cancel.xml", "--type", "_POST_FANTASY_DATA_"],
            r"SubmitFeed was refused with InvalidFeedType \(400\): .*",
        ),
        (
            {},
            ["submit", "{home}/demo.json"],
            r"The FeedType of .*demo\.json does not follow from it, .*: give --type\.",
        ),
    ],
    ids=[
        "wrong secret",
        "unknown key",
        "unknown feed",
        "nobody there",
        "no scheme",
        "unknown feed type",
        "not a feed",
    ],
)
def test_what_an_endpoint_refuses_is_told_in_its_own_words(
    demo: ServedDemo, changes: dict[str, str], arguments: list[str], sentence: str
) -> None:
    """Code, status and message are what one looks up in the error catalogue."""
    given = [argument.format(home=demo.home) for argument in arguments]

    done = demo.run(*given, **demo.keys | changes)

    assert done.code == 2
    assert done.out == ""
    assert re.fullmatch(f"feedgate: {sentence}", done.err.strip())
