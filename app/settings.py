"""Every setting: its default and its meaning. Read from FEEDGATE_* variables."""

from __future__ import annotations

import ipaddress
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode]
"""A list written with commas."""


MailName = Literal["cancellation", "refund", "dispatch"]
"""An e-mail that buyers get."""


class Settings(BaseSettings):
    """The settings of one process; each field's description is its documentation."""

    model_config = SettingsConfigDict(env_prefix="FEEDGATE_", frozen=True)

    home: Path = Field(
        Path("var"), description="The data folder of the embedded default."
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL of the database; empty: SQLite in the data folder. "
        "PostgreSQL: `postgresql+psycopg://user@host/name`.",
    )
    documents: Path | None = Field(
        None,
        description="Folder of feeds and reports; empty: `documents` in the data "
        "folder. Nodes that share a database share this folder too.",
    )
    documents_url: str = Field(
        "",
        description="Bucket of feeds and reports instead of that folder: "
        "`s3://bucket/prefix`. Keys and region come from boto3's default chain, such "
        "as `AWS_ACCESS_KEY_ID` and `AWS_DEFAULT_REGION`.",
    )
    documents_endpoint: str = Field(
        "",
        description="URL of the server that has the bucket, such as "
        "`http://store.internal:9000`; empty: `AWS_ENDPOINT_URL_S3`, or AWS itself.",
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on.")
    monitor_host: str = Field(
        "127.0.0.1",
        description="Address that `serve` and `work` answer monitoring on.",
    )
    monitor_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port of /metrics, /healthz and /readyz for `serve` and `work`, on "
        "that address; 0: none. `serve` has the latter two on its own port as well.",
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=3600,
        description="How long `serve` still takes requests after SIGTERM while /readyz "
        "says 503 already, so that a proxy sends it no more of them.",
    )
    stop_seconds: int = Field(
        60,
        ge=1,
        le=3600,
        description="How long requests in hand may take after that before they are "
        "cut.",
    )
    tls_certificate: Path | None = Field(
        None,
        description="Certificate file (PEM, with its chain) to serve https with; "
        "`feedgate certificate` makes one.",
    )
    tls_key: Path | None = Field(
        None, description="Private key file (PEM) of that certificate."
    )
    workers: int = Field(
        1, ge=0, le=64, description="Feeds that one process works on at a time."
    )
    rules: Literal["standard", "strict"] = Field(
        "standard",
        description="Rule profile for feeds submitted from now on; see rules.md.",
    )
    invalid_feeds: Literal["report", "refuse"] = Field(
        "report",
        description="`report`: accept an invalid feed and list its errors in the "
        "report, as MWS did. `refuse`: answer InputDataError at once.",
    )
    invalid_messages: Literal["reject", "skip"] = Field(
        "reject",
        description="`reject`: one schema-invalid message refuses the whole feed. "
        "`skip`: the valid messages are applied. FeedOptions can ask for `skip` too.",
    )
    resubmit_guard: Literal["on", "off"] = Field(
        "on",
        description="Answer an identical signed SubmitFeed within the signature window "
        "with the first FeedSubmissionId, and queue nothing new.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Fernet keys, separated by commas, that seal secrets and tokens; "
        "the first seals, all open. Empty: made in the data folder (mode 0600).",
    )
    public_hosts: Names = Field(
        (),
        description="Host names that clients may have signed, separated by commas, "
        "when a proxy or port mapping changes the Host that arrives.",
    )
    explain: bool = Field(
        False,
        description="For developers: SignatureDoesNotMatch shows the strings to sign "
        "that would be right, and compares them with the client's own, if it sends "
        "that as X-Feedgate-String-To-Sign (line ends written as \\n).",
    )
    flat_file_charset: Literal[
        "marketplace", "utf-8", "windows-1252", "iso-8859-15", "shift_jis", "gbk"
    ] = Field(
        "marketplace",
        description="Encoding of flat files that are not UTF-8 and whose Content-Type "
        "has no charset. `marketplace`: Shift_JIS for Japan, GBK for China, otherwise "
        "Windows-1252.",
    )
    signature_window_seconds: int = Field(
        900, ge=1, description="How far Timestamp may lie from our clock, either way."
    )
    max_feed_bytes: int = Field(
        2_147_483_647, ge=1, description="Largest feed document."
    )
    max_message_bytes: int = Field(
        1_048_576, ge=1024, description="Largest Message of a feed."
    )
    max_head_bytes: int = Field(
        65_536, ge=1024, description="Largest part of a feed before its first Message."
    )
    max_messages: int = Field(5_000_000, ge=1, description="Most messages in one feed.")
    max_depth: int = Field(
        256,
        ge=16,
        le=256,
        description="Deepest nesting of elements in a feed, the envelope included.",
    )
    max_names: int = Field(
        1_000,
        ge=300,
        description="Most different names of elements and attributes, and namespaces, "
        "in one feed; the schemas have some hundred.",
    )
    max_feed_seconds: float = Field(
        3_600,
        gt=0,
        description="Longest time that a feed may take to arrive, and again to be "
        "validated.",
    )
    max_form_bytes: int = Field(
        1_048_576, ge=1024, description="Largest body of a call other than SubmitFeed."
    )
    max_request_line_bytes: int = Field(
        8_190, ge=256, description="Longest request line (method, path and query)."
    )
    max_header_bytes: int = Field(
        32_768,
        ge=1024,
        description="Longest head of a request, its line not counted.",
    )
    body_idle_seconds: float = Field(
        60,
        gt=0,
        description="Longest silence in the middle of a request's body; then it is "
        "refused as cut off.",
    )
    gates: int = Field(
        0,
        ge=0,
        description="Documents that one process validates at a time; 0: its cores.",
    )
    gate_wait_seconds: float = Field(
        10,
        ge=0,
        description="How long SubmitFeed may wait for a gate before its body is read; "
        "then ServiceUnavailable.",
    )
    batch_messages: int = Field(
        2_000, ge=1, description="Messages that are applied in one transaction."
    )
    attempts: int = Field(
        8,
        ge=1,
        description="Attempts without a batch committed before a feed is given up.",
    )
    retry_first_seconds: float = Field(
        1, ge=0, description="Pause after a failed attempt; doubles with each."
    )
    retry_most_seconds: float = Field(60, ge=0, description="Longest such pause.")
    poll_seconds: float = Field(
        1, gt=0, description="How often a worker looks for work it was not told of."
    )
    presence_seconds: float = Field(
        1, gt=0, description="How often workers look whether their peers still live."
    )
    future_tolerance_seconds: int = Field(
        300, ge=0, description="How far FulfillmentDate may lie in the future (718022)."
    )
    buyer_cancel_minutes: float = Field(
        0,
        ge=0,
        description="How long after its purchase an unshipped order is cancelled by "
        "itself because its buyer asks for it (MWS: 30); 0: never.",
    )
    buyer_cancel_minutes_japan: float = Field(
        5,
        ge=0,
        description="The same on the Japanese marketplace; only where the other is on.",
    )
    unacknowledged_cancel_days: float = Field(
        0,
        ge=0,
        description="Days after its purchase that an order of which no id of the "
        "seller's is known is cancelled; 0: never.",
    )
    unshipped_cancel_days: int = Field(
        0,
        ge=0,
        le=365,
        description="Business days after its latest ship date that an order of which "
        "nothing was shipped is cancelled (MWS: 7); 0: never.",
    )
    handling_days: int = Field(
        2,
        ge=0,
        le=365,
        description="Business days from a purchase to its latest ship date.",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Mail server for e-mails to buyers and sellers: "
        "`smtp://user:password@host:587` or `smtps://user:password@host`, special "
        "characters as %XX. Empty: each mail is a file in `outbox` in the data folder.",
    )
    smtp_starttls: Literal["auto", "require", "off"] = Field(
        "auto",
        description="TLS on smtp://. `auto`: if the server offers it, and no password "
        "without it but to this machine. `require`: nothing without it. `off`: never.",
    )
    smtp_authority: Path | None = Field(
        None,
        description="Certificate file (PEM) of the authority that vouches for the mail "
        "server; empty: those of the system.",
    )
    mail_from: str = Field(
        "feedgate@localhost",
        description="Address that e-mails come from; the seller's name stands "
        "before it.",
    )
    mails: Annotated[tuple[MailName, ...], NoDecode] = Field(
        ("cancellation", "refund", "dispatch"),
        description="The e-mails that buyers get, separated by commas: `cancellation`, "
        "`refund`, `dispatch`; `none` for none.",
    )
    mail_retry_first_seconds: float = Field(
        60, gt=0, description="Pause after an e-mail was not taken; doubles with each."
    )
    mail_retry_most_seconds: float = Field(
        3600, gt=0, description="Longest such pause."
    )
    mail_give_up_seconds: float = Field(
        345_600,
        gt=0,
        description="Age at which an e-mail that was never taken is given up.",
    )
    cancel_rate_warning: Decimal = Field(
        Decimal("2.0"),
        ge=0,
        le=100,
        description="Pre-fulfilment cancel rate, in percent, from which on a seller "
        "with a contact address is warned, once a crossing (the target is under 2.5).",
    )
    health_seconds: float = Field(
        300, gt=0, description="How often cancel rates are looked at for that."
    )
    retention_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days after their end that submissions, documents and reports are "
        "removed (MWS listed 90 days); 0: never. Orders and their ledger stay.",
    )
    quotas: Literal["mws", "relaxed", "off"] = Field(
        "off",
        description="How often callers may call: `mws` as MWS published it, `relaxed` "
        "a hundred times as often (what `serve --demo` takes by itself), `off` as "
        "often as they like. Without quotas there are no x-mws-quota headers.",
    )
    sp_api_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="URL that clients of the Selling Partner API reach this service "
        "at, for the addresses of documents in its answers; empty: where the request "
        "arrived. Behind a proxy or a port mapping it must be set.",
    )
    sp_api_gzip: Literal["large", "always", "never"] = Field(
        "large",
        description="Which processing reports the Selling Partner API compresses "
        "(GZIP): those over 64 KiB, all or none.",
    )
    queue_hosts: Names = Field(
        ("https://sqs.*.amazonaws.com",),
        description="Where notifications may go, separated by commas: scheme, host and "
        "port of SQS or a server that speaks its protocol, such as "
        "`http://queue.internal:9324`; `*` stands for one part of a host name. Sellers "
        "choose among these; anything else is refused.",
    )
    queue_endpoint: str = Field(
        "",
        description="URL that SQS is called at instead of the host of the queue's own "
        "URL, for a queue server with an inner and an outer name.",
    )
    queue_region: str = Field(
        "us-east-1",
        description="Region that calls to SQS are signed for, where the queue's URL "
        "does not tell it. Credentials come from boto3's default chain.",
    )
    notification_hours: float = Field(
        72, gt=0, description="How long a notification is tried before it is given up."
    )
    webhook_networks: Names = Field(
        (),
        description="Networks that are not public and that webhooks may go to all the "
        "same, separated by commas, such as `10.1.0.0/16` or `127.0.0.1/32`; plain "
        "http goes nowhere else. Empty: public addresses only, over https.",
    )
    webhook_authority: Path | None = Field(
        None,
        description="Certificate file (PEM) of the authority that vouches for the "
        "receivers of webhooks; empty: those of the system.",
    )
    desk_session_minutes: int = Field(
        120,
        ge=1,
        description="How long a session of the desk lasts without being used.",
    )
    desk_sign_in_attempts: int = Field(
        10,
        ge=1,
        description="Failed sign-ins of one login from one address that are looked at "
        "within the window; after that the desk refuses even the right password.",
    )
    desk_sign_in_window_seconds: int = Field(
        900, ge=1, description="Window in which failed sign-ins are counted."
    )
    desk_secure_cookies: bool = Field(
        False,
        description="Mark the desk's cookies Secure although requests arrive by http: "
        "for a proxy that speaks https. With https of its own they always are.",
    )
    admin_max_import_bytes: int = Field(
        268_435_456,
        ge=1024,
        description="Largest body of orders that the Admin API takes at once.",
    )
    admin_max_body_bytes: int = Field(
        65_536, ge=1024, description="Largest other body that the Admin API takes."
    )
    admin_page_rows: int = Field(
        1_000,
        ge=1,
        le=10_000,
        description="Most rows that the Admin API gives at once.",
    )
    admin_wait_seconds: float = Field(
        30,
        ge=0,
        le=300,
        description="Longest that a reader of effects may wait for news.",
    )
    admin_poll_seconds: float = Field(
        0.5, gt=0, description="How often effects are looked for while a reader waits."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="Lines to read, or a JSON object a line with request_id and "
        "feed_submission_id where there are such.",
    )
    traces: bool = Field(
        False,
        description="Send OpenTelemetry spans of calls, feeds and batches "
        "(`feedgate[otel]`) to `OTEL_EXPORTER_OTLP_ENDPOINT`.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe messages that are logged."
    )

    @field_validator("public_hosts", "queue_hosts", "webhook_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("documents_url")
    @classmethod
    def _check_bucket(cls, value: str) -> str:
        if value and not re.fullmatch(r"s3://[a-z0-9.-]{3,63}(/.*)?", value):
            raise ValueError("expected s3://bucket/prefix")
        return value

    @field_validator("documents_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/?#]+/?", value):
            raise ValueError("expected scheme, host and port of a server")
        return value

    @field_validator("queue_hosts")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[A-Za-z0-9.*\[\]:-]+/?", origin):
                raise ValueError(
                    f'"{origin}" is no scheme and host such as '
                    "https://sqs.*.amazonaws.com or http://queue.internal:9324"
                )
        return value

    @field_validator("webhook_networks")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(
                    f'"{network}" is no network such as 10.1.0.0/16: {error}'
                ) from error
        return value

    @field_validator("mails", mode="before")
    @classmethod
    def _split_mails(cls, value: object) -> object:
        if isinstance(value, str):
            named = [name.strip() for name in value.split(",") if name.strip()]
            return () if named == ["none"] else tuple(named)
        return value

    @property
    def outbox_folder(self) -> Path:
        """The folder of mails that go to no mail server."""
        return self.home / "outbox"

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'feedgate.db'}"

    @property
    def documents_folder(self) -> Path:
        """The folder of feeds and reports in force."""
        return self.documents or self.home / "documents"

    @property
    def spool_folder(self) -> Path:
        """The folder of documents on their way to or from a bucket."""
        return self.home / "spool"

    @property
    def gate_count(self) -> int:
        """How many documents are validated at a time."""
        return self.gates or os.cpu_count() or 1
