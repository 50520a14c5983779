"""The command `feedgate`: its commands, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from app.cli.failures import INTERRUPTED, say

MODULES = {
    "serve": "serve",
    "work": "serve",
    "migrate": "serve",
    "certificate": "certificate",
    "explain-signature": "signatures",
    "accounts": "accounts",
    "admin-keys": "admin_keys",
    "orders": "orders",
    "health": "health",
    "audit": "audit",
    "feeds": "keeping",
    "dead-letters": "keeping",
    "backup": "backup",
    "restore": "backup",
    "doctor": "doctor",
    "webhooks": "webhooks",
    "submit": "feeds",
    "report": "feeds",
    "validate": "validate",
    "template": "templates",
    "try": "trying",
}
"""Which module of this package has which command."""


def command_line(name: str = "") -> typer.Typer:
    """Make the application, with every command, or only with the one named.

    Only the module of that command is loaded: `validate` starts in a third of the time
    that the database and the HTTP server take to load.
    """
    app = typer.Typer(
        name="feedgate",
        help="Self-hosted, MWS-compatible processing of XML order feeds.",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_no_options)
    wanted = [MODULES[name]] if name in MODULES else dict.fromkeys(MODULES.values())
    for module in wanted:
        import_module(f"app.cli.{module}").register(app)
    return app


def _no_options() -> None:
    """Self-hosted, MWS-compatible processing of XML order feeds."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; every error becomes a sentence."""
    try:
        app = command_line(arguments[0] if arguments else "")
        code = app(
            args=arguments or ["--help"], prog_name="feedgate", standalone_mode=False
        )
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has gone, such as `head`; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        return say(error)
    if code == INTERRUPTED:
        typer.echo("feedgate: Interrupted.", err=True)
    return code if isinstance(code, int) else 0
