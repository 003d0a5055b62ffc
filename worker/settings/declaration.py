"""Every setting: its environment variable, its type, its default, and what reads it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from worker.adapters.price_file import PriceFileError, load_prices
from worker.machine import Capacity, capacity_of, read_machine

Profile = Literal["cloud", "embedded"]


def _postgresql_url(value: SecretStr) -> SecretStr:
    """Refuse what is no PostgreSQL URL, and quote nothing of it: any part may be a secret."""
    shape = "it looks like postgresql://USER:PASSWORD@HOST:PORT/NAME, with @ : / in them as %XX"
    try:
        backend = make_url(value.get_secret_value()).get_backend_name()
    except (ArgumentError, ValueError):
        raise ValueError(f"not a database URL; {shape}") from None
    if backend not in {"postgresql", "postgres"}:
        raise ValueError(f"not the URL of a PostgreSQL database; {shape}")
    return value


def _readable_credentials(value: Path | None, known: ValidationInfo) -> Path | None:
    """Refuse a file that Google's clients would stumble over; emulators need none."""
    if value is None or (known.data.get("pubsub_emulator") and known.data.get("storage_emulator")):
        return value
    try:
        kind = json.loads(value.read_text(encoding="utf-8"))["type"]
    except OSError as error:
        raise ValueError(f"the file cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise ValueError("the file holds no credentials: it is no JSON with a type") from None
    if not isinstance(kind, str):
        raise ValueError("the file holds no credentials: its type is no text")  # noqa: TRY004  # pydantic reports a ValueError
    return value


def _usable_prices(value: Path | None) -> Path | None:
    """Refuse a price table that cannot be used, with all that is wrong with it."""
    if value is not None:
        try:
            load_prices(value)
        except PriceFileError as error:
            raise ValueError(f"no price table: {error}") from None
    return value


PositiveInt = Annotated[int, Field(ge=1, le=1000)]
Seconds = Annotated[float, Field(gt=0, le=7 * 24 * 3600)]
Days = Annotated[float, Field(ge=0, le=3650)]
Port = Annotated[int, Field(ge=0, le=65535)]
Money = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=6)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


def _http_address(value: str) -> str:
    """Refuse what is no address; what stands in it may be a secret and is not quoted."""
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise ValueError("not an address: it looks like https://HOST")
    return value


HttpAddress = Annotated[str, AfterValidator(_http_address)]


def _listed(value: object) -> object:
    """Read `a, b` as a list."""
    if isinstance(value, str):
        return tuple(one.strip() for one in value.split(",") if one.strip())
    return value


_VoiceName = Annotated[str, Field(pattern=r"^[a-z]{2,3}-[A-Za-z0-9]{2,4}-[A-Za-z0-9-]+$")]
VoiceNames = Annotated[tuple[_VoiceName, ...], BeforeValidator(_listed)]
"""Google's names of voices; each begins with its language: `en-US-Neural2-F`."""


def _reads(variable: str, default: Any = ..., used_by: str = "") -> Any:
    """Declare one setting: its environment variable, default, and what reads it."""
    return Field(default, validation_alias=variable, description=used_by)


@cache
def _capacity() -> Capacity:
    return capacity_of(read_machine())


def _sized(variable: str, part: str, used_by: str) -> Any:
    """Declare a setting whose default depends on the machine's cores and memory."""
    return Field(
        default_factory=lambda: getattr(_capacity(), part),
        validation_alias=variable,
        description=used_by,
    )


class Settings(BaseSettings):
    """All settings. Fields without a default are required in the `cloud` profile."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=True)

    profile: Profile = _reads("WORKER_PROFILE", "cloud", "which defaults apply")
    database_url: Annotated[SecretStr, AfterValidator(_postgresql_url)] = _reads(
        "DATABASE_URL", used_by="the request store"
    )
    project: Name = _reads("GCP_PROJECT_ID", used_by="Pub/Sub")
    environment: Literal["dev", "staging", "prod"] = _reads(
        "ENVIRONMENT", used_by="the check that a message is meant for this worker"
    )
    subscription: Name = _reads("PUBSUB_SUBSCRIPTION", used_by="the consumer")
    topic: Name = _reads("PUBSUB_TOPIC", used_by="demo and replay")
    dead_letter_topic: Name = _reads("PUBSUB_DEAD_LETTER_TOPIC", used_by="rejected messages")
    events_topic: Name = _reads("PUBSUB_EVENTS_TOPIC", used_by="the outbox")
    generated_bucket: Name = _reads("GCS_GENERATED_CONTENT_BUCKET", used_by="finished lessons")
    oer_bucket: Name = _reads("GCS_OER_CONTENT_BUCKET", used_by="open source texts")
    temp_bucket: Name = _reads("GCS_TEMP_FILES_BUCKET", used_by="files on their way")

    pubsub_emulator: str | None = _reads("PUBSUB_EMULATOR_HOST", None, "Pub/Sub, for tests")
    storage_emulator: str | None = _reads("STORAGE_EMULATOR_HOST", None, "Storage, for tests")

    credentials: Annotated[Path | None, AfterValidator(_readable_credentials)] = _reads(
        "GOOGLE_APPLICATION_CREDENTIALS", None, "Google's clients, where no identity is built in"
    )
    health_port: Port = _reads("HEALTH_CHECK_PORT", 8080, "health pages; 0 takes a free port")
    health_host: str = _reads("WORKER_HEALTH_HOST", "127.0.0.1", "health pages")
    max_runtime_seconds: Seconds = _reads(
        "WORKER_MAX_RUNTIME", 3600.0, "the end of a Job's run, in seconds"
    )
    idle_seconds: Seconds = _reads(
        "WORKER_IDLE_SECONDS", 30.0, "the end of a Job without work, in seconds"
    )
    slots: PositiveInt = _sized("WORKER_SLOTS", "slots", "messages in flight")
    renders: PositiveInt = _sized("WORKER_RENDERS", "renders", "render children")
    writer_calls: PositiveInt = _sized(
        "WORKER_WRITER_CALLS", "writer_calls", "calls of the writer at once"
    )
    voice_calls: PositiveInt = _sized(
        "WORKER_VOICE_CALLS", "voice_calls", "sentences spoken at once"
    )
    uploads: PositiveInt = _sized("WORKER_UPLOADS", "uploads", "uploads and downloads at once")
    lease_seconds: Annotated[float, Field(ge=10, le=600)] = _reads(
        "WORKER_LEASE_SECONDS", 60.0, "ack deadlines and claims, in seconds"
    )
    shutdown_grace_seconds: Seconds = _reads(
        "WORKER_SHUTDOWN_GRACE",
        8.0,
        "the drain after SIGTERM, in seconds; its last three are for giving back",
    )
    max_attempts: PositiveInt = _reads("WORKER_MAX_ATTEMPTS", 5, "retries of one request")
    retry_seconds: Seconds = _reads(
        "WORKER_RETRY_SECONDS", 10.0, "the delay before a first retry, in seconds"
    )
    outage_seconds: Seconds = _reads(
        "WORKER_OUTAGE_SECONDS",
        6 * 3600.0,
        "how long a request waits for what does not answer before that counts as a failure",
    )
    max_claims: PositiveInt = _reads("WORKER_MAX_CLAIMS", 5, "claims without progress")
    stage_seconds: Seconds = _reads(
        "WORKER_STAGE_SECONDS",
        120.0,
        "one stage; narrating and rendering get more by the lesson's length",
    )
    request_seconds: Seconds = _reads(
        "WORKER_REQUEST_TIMEOUT", 2400.0, "one request in all, in seconds"
    )
    database_call_seconds: Seconds = _reads(
        "WORKER_DATABASE_TIMEOUT", 30.0, "one call to PostgreSQL, in seconds"
    )
    broker_call_seconds: Seconds = _reads(
        "WORKER_BROKER_TIMEOUT", 20.0, "one call to Pub/Sub but a pull, in seconds"
    )
    storage_call_seconds: Seconds = _reads(
        "WORKER_STORAGE_TIMEOUT", 60.0, "one call to Storage, in seconds"
    )
    voice_call_seconds: Seconds = _reads(
        "WORKER_VOICE_TIMEOUT", 60.0, "one spoken sentence, in seconds"
    )
    writer_call_seconds: Seconds = _reads(
        "WORKER_WRITER_TIMEOUT", 110.0, "one answer of the writer, mended if need be, in seconds"
    )
    render_seconds: Seconds = _reads(
        "WORKER_RENDER_TIMEOUT", 60.0, "one render, in seconds; longer scenes get more"
    )
    renders_per_child: Annotated[int, Field(ge=1)] = _reads(
        "WORKER_RENDERS_PER_CHILD", 100, "renders after which a child is replaced"
    )
    breaker_failures: PositiveInt = _reads(
        "WORKER_BREAKER_FAILURES", 5, "unanswered calls in a row that open a breaker"
    )
    breaker_seconds: Seconds = _reads(
        "WORKER_BREAKER_SECONDS", 5.0, "a breaker's first opening, in seconds; it doubles"
    )
    dead_letter_subscription: Name | None = _reads(
        "PUBSUB_DEAD_LETTER_SUBSCRIPTION", None, "sweep: what the broker itself dead-lettered"
    )
    republish_seconds: Seconds = _reads(
        "WORKER_REPUBLISH_SECONDS", 900.0, "sweep: a request counts as lost after, in seconds"
    )
    orphan_seconds: Seconds = _reads(
        "WORKER_ORPHAN_SECONDS", 24 * 3600.0, "sweep: an older fence's objects go after, in seconds"
    )
    keep_lessons_days: Days = _reads(
        "WORKER_KEEP_LESSONS_DAYS", 365.0, "sweep: ended requests and their lessons; 0 for ever"
    )
    keep_events_days: Days = _reads(
        "WORKER_KEEP_EVENTS_DAYS", 90.0, "sweep: rows of request_events; 0 for ever"
    )
    keep_dead_letters_days: Days = _reads(
        "WORKER_KEEP_DEAD_LETTERS_DAYS", 30.0, "sweep: dead letters, settled or not; 0 for ever"
    )
    keep_outbox_days: Days = _reads(
        "WORKER_KEEP_OUTBOX_DAYS", 7.0, "sweep: outbox rows that have left; 0 for ever"
    )
    keep_cache_days: Days = _reads(
        "WORKER_KEEP_CACHE_DAYS", 30.0, "sweep: cached narration and segments; 0 for ever"
    )
    keep_temp_days: Days = _reads(
        "WORKER_KEEP_TEMP_DAYS", 7.0, "sweep: all that is in the temporary bucket; 0 for ever"
    )
    keep_costs_days: Days = _reads(
        "WORKER_KEEP_COSTS_DAYS", 400.0, "sweep: totals of organisations and days; 0 for ever"
    )
    link_seconds: Annotated[float, Field(ge=1, le=7 * 24 * 3600)] = _reads(
        "WORKER_LINK_SECONDS", 3600.0, "how long a signed link to a lesson holds; a week at most"
    )
    signing_account: Name | None = _reads(
        "WORKER_SIGNING_ACCOUNT",
        None,
        "the service account that signs links; the worker's own if unset",
    )
    budget_request: Money | None = _reads(
        "WORKER_BUDGET_REQUEST", None, "the most that one request may cost; no limit if unset"
    )
    budget_organization: Money | None = _reads(
        "WORKER_BUDGET_ORGANIZATION",
        None,
        "the most that one organisation's requests may cost on one day (UTC)",
    )
    budget_day: Money | None = _reads(
        "WORKER_BUDGET_DAY", None, "the most that all requests may cost on one day (UTC)"
    )
    prices: Annotated[Path | None, AfterValidator(_usable_prices)] = _reads(
        "WORKER_PRICES", None, "your price table; worker/adapters/prices.toml if unset"
    )
    writer: Literal["curriculum", "gemini"] = _reads("WORKER_WRITER", "curriculum", "storyboards")
    writer_model: Name = _reads(
        "WORKER_WRITER_MODEL", "gemini-3.8-flash", "the writer gemini: its model"
    )
    embedding_model: Name = _reads(
        "WORKER_EMBEDDING_MODEL", "gemini-embedding-2", "the writer gemini: finding sources"
    )
    gemini_key: SecretStr | None = _reads(
        "GEMINI_API_KEY", None, "the writer gemini, without Vertex AI"
    )
    is_on_vertex: bool = _reads(
        "GOOGLE_GENAI_USE_VERTEXAI",
        default=False,
        used_by="the writer gemini, on Vertex AI with Google's credentials",
    )
    vertex_location: Name = _reads("GOOGLE_CLOUD_LOCATION", "global", "Vertex AI's location")
    gemini_url: HttpAddress | None = _reads(
        "GOOGLE_GEMINI_BASE_URL", None, "Gemini, for tests and proxies"
    )
    vertex_url: HttpAddress | None = _reads(
        "GOOGLE_VERTEX_BASE_URL", None, "Gemini on Vertex AI, for tests and proxies"
    )
    shape: Literal["16:9", "9:16"] = _reads(
        "WORKER_LESSON_SHAPE", "16:9", "lessons' pictures: wide, or upright for phones"
    )
    appearance: Literal["light", "dark"] = _reads(
        "WORKER_LESSON_APPEARANCE", "light", "lessons' pictures: light or dark pages"
    )
    quality_gate: Literal["report", "withhold"] = _reads(
        "WORKER_QUALITY_GATE", "report", "a lesson that fails a row: published, or withheld"
    )
    voice: Literal["hibari", "google"] = _reads("WORKER_VOICE", "hibari", "narration")
    voice_names: Annotated[VoiceNames, Field(min_length=1)] = _reads(
        "WORKER_VOICE_NAMES",
        ("en-US-Neural2-F",),
        "the voice google: one voice for each language, with commas",
    )
    voice_alternatives: VoiceNames = _reads(
        "WORKER_VOICE_ALTERNATIVES",
        (),
        "the voice google: voices for languages whose own is not there",
    )
    voice_words_per_minute: Annotated[float, Field(ge=80, le=300)] = _reads(
        "WORKER_VOICE_WORDS_PER_MINUTE", 165.0, "the voice google: how fast it speaks by itself"
    )
    voice_endpoint: str | None = _reads(
        "WORKER_VOICE_ENDPOINT", None, "the voice google, for tests: http://HOST:PORT"
    )
    web_host: Name = _reads("WORKER_WEB_HOST", "127.0.0.1", "the page; another one needs a token")
    web_port: Port = _reads("WORKER_WEB_PORT", 8000, "the page; 0 takes a free port")
    web_token: Annotated[SecretStr, Field(min_length=16)] | None = _reads(
        "WORKER_WEB_TOKEN", None, "what every page and call of the page needs, once it is set"
    )
    web_orders_per_minute: PositiveInt = _reads(
        "WORKER_WEB_ORDERS_PER_MINUTE", 20, "the page: forms sent from one address"
    )
    state_dir: Path | None = _reads("WORKER_STATE_DIR", None, "embedded servers, kept state")
    log_level: Literal["debug", "info", "warning", "error"] = _reads(
        "WORKER_LOG_LEVEL", "info", "logs"
    )
    log_format: Literal["auto", "json", "console"] = _reads("WORKER_LOG_FORMAT", "auto", "logs")
    otlp_endpoint: HttpAddress | None = _reads(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "where traces and metrics go; unset, nowhere",
    )
    otlp_traces_endpoint: HttpAddress | None = _reads(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", None, "where traces go, with the path"
    )
    otlp_metrics_endpoint: HttpAddress | None = _reads(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", None, "where metrics go, with the path"
    )
    otlp_headers: SecretStr | None = _reads(
        "OTEL_EXPORTER_OTLP_HEADERS", None, "the collector's key: name=value, with commas"
    )
    otlp_protocol: Literal["http/protobuf"] = _reads(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "how the collector is spoken to"
    )
    telemetry_is_off: bool = _reads(
        "OTEL_SDK_DISABLED", default=False, used_by="exporting neither traces nor metrics"
    )
    traces_exporter: Literal["otlp", "none"] = _reads(
        "OTEL_TRACES_EXPORTER", "otlp", "exporting no traces"
    )
    metrics_exporter: Literal["otlp", "none"] = _reads(
        "OTEL_METRICS_EXPORTER", "otlp", "exporting no metrics"
    )
    service_name: Name = _reads("OTEL_SERVICE_NAME", "content-worker", "the worker's name there")
    metric_interval_milliseconds: Annotated[int, Field(ge=100)] = _reads(
        "OTEL_METRIC_EXPORT_INTERVAL", 60_000, "exporting metrics so often, in milliseconds"
    )

    @property
    def exports_traces(self) -> bool:
        """Whether spans are exported: a collector is named, and nothing is switched off."""
        named = self.otlp_endpoint or self.otlp_traces_endpoint
        return bool(named) and not self.telemetry_is_off and self.traces_exporter == "otlp"

    @property
    def exports_metrics(self) -> bool:
        """Whether metrics are exported, likewise."""
        named = self.otlp_endpoint or self.otlp_metrics_endpoint
        return bool(named) and not self.telemetry_is_off and self.metrics_exporter == "otlp"

    @classmethod
    def settings_customise_sources(  # noqa: D102  # pydantic-settings names and documents it
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings passes them all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


VARIABLES: dict[str, str] = {
    str(field.validation_alias): field.description or "" for field in Settings.model_fields.values()
}
"""Every environment variable that the worker reads, and what reads it."""

EMBEDDED_DEFAULTS = {
    "GCP_PROJECT_ID": "embedded",
    "ENVIRONMENT": "dev",
    "PUBSUB_SUBSCRIPTION": "content-requests-worker",
    "PUBSUB_TOPIC": "content-requests",
    "PUBSUB_DEAD_LETTER_TOPIC": "content-requests-dead-letters",
    "PUBSUB_EVENTS_TOPIC": "content-request-events",
    "PUBSUB_DEAD_LETTER_SUBSCRIPTION": "content-requests-dead-letters-sweep",
    "GCS_GENERATED_CONTENT_BUCKET": "generated-content",
    "GCS_OER_CONTENT_BUCKET": "oer-content",
    "GCS_TEMP_FILES_BUCKET": "temp-files",
    "HEALTH_CHECK_PORT": "0",
}
"""What `WORKER_PROFILE=embedded` fills in; the endpoints follow when the servers stand."""
