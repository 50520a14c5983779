"""Fixtures of the intake: accounts on each database."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from app.intake.accounts import Accounts
from app.intake.seals import Seals
from app.store.backends import Database
from tests.held import HeldClock


@pytest.fixture
def seals() -> Seals:
    """Seals with a key of this test's own."""
    return Seals([Fernet.generate_key().decode()])


@pytest.fixture
def accounts(database: Database, seals: Seals, clock: HeldClock) -> Accounts:
    """No accounts yet."""
    return Accounts(database, seals, clock)
