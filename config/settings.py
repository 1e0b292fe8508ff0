"""Every setting, read from the environment, each with a default that works. `docs/reference/settings.md` lists them."""

from pathlib import Path

import environ
from corsheaders.defaults import default_headers
from django.conf import global_settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import chrome
from config.embedded import addresses
from config.schedule import SCHEDULE

env = environ.Env()
# Empty is as good as not set: that is how compose and systemd pass on what nobody gave.
env.ENVIRON = {name: value for name, value in env.ENVIRON.items() if value}

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
DEBUG = env.bool("DEBUG", default=False)


def _kept_secret(name: str) -> str:
    """The secret that `up` made on its first run, or nothing, which Django refuses to start with."""
    file = DATA_DIR / name
    return file.read_text().strip() if file.is_file() else ""


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret("secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
# What pages of those origins may send besides the usual, and read of an answer's headers.
CORS_ALLOW_HEADERS = [*default_headers, "if-match", "idempotency-key"]
CORS_EXPOSE_HEADERS = ["ETag", "Location", "Retry-After"]
SECURE_HTTPS = env.bool("SECURE_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "config",
    "unfold.apps.BasicAppConfig",
    "config.admin_site.QuartermasterAdminConfig",
    # Before Django's: a command of the app that comes first takes the place of its namesakes.
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "django_celery_beat",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "integrations",
    "registry",
    "webhooks",
    "memory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.person_scope",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

# --- PostgreSQL: `default` serves as qm_app, `owner` migrates as qm_owner ---

DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=addresses.database_url(DATA_DIR, "qm_app")),
    "owner": env.db_url(
        "DATABASE_OWNER_URL",
        default=env.str("DATABASE_URL", default=addresses.database_url(DATA_DIR, "qm_owner")),
    ),
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5},
    "connect_timeout": 5,
    "prepare_threshold": 0,  # of accounts/prepared.py alone: Django's own cursors prepare nothing
}
DATABASE_ROUTERS = ["config.databases.OwnerMigrates"]

# --- Redis protocol: limits, breakers, cache, Celery's broker, the channel layer; told apart by key prefix ---

REDIS_URL = env.str("REDIS_URL", default=addresses.redis_url(DATA_DIR))
REDIS_TIMEOUT_SECONDS = env.float("REDIS_TIMEOUT_SECONDS", default=0.5)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "qm:cache",
        "OPTIONS": {
            "socket_timeout": REDIS_TIMEOUT_SECONDS,
            "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 1),
        },
    },
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # The layer waits up to five seconds for a message, which must not look like a server that hangs.
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_timeout": 10,
                    "socket_connect_timeout": 2,
                    "retry": AsyncRetry(NoBackoff(), 1),
                }
            ],
            "prefix": "qm:live",
            "capacity": 200,
        },
    },
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "qm:celery:",
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "visibility_timeout": 3600,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- Executions ---

EXECUTION_LEASE_SECONDS = env.float("EXECUTION_LEASE_SECONDS", default=15)
WORKER_EXECUTIONS = env.int("WORKER_EXECUTIONS", default=100)

# --- Webhooks ---

WEBHOOK_LEASE_SECONDS = env.float("WEBHOOK_LEASE_SECONDS", default=30)
WEBHOOK_RUNS = env.int("WEBHOOK_RUNS", default=50)
WEBHOOK_DISABLE_AFTER_DAYS = env.int("WEBHOOK_DISABLE_AFTER_DAYS", default=5)
WEBHOOK_DELIVERIES_KEPT_DAYS = env.int("WEBHOOK_DELIVERIES_KEPT_DAYS", default=30)

# --- Memory ---

MEMORY_INDEX_BUILD_MB = env.int("MEMORY_INDEX_BUILD_MB", default=0)
MEMORY_RECALL_SAMPLE = env.float("MEMORY_RECALL_SAMPLE", default=0.005)

# --- The one door out, and the one door for secrets ---

EGRESS_ALLOW_NETWORKS = env.list("EGRESS_ALLOW_NETWORKS", default=[])
EGRESS_PROXY_URL = env.str("EGRESS_PROXY_URL", default="")
CONNECTORS_DIR = env.str("CONNECTORS_DIR", default="")
VAULT_KEY_FILE = Path(env.str("VAULT_KEY_FILE", default=str(DATA_DIR / "vault.key")))
VAULT_KMS_KEY_ID = env.str("VAULT_KMS_KEY_ID", default="")
VAULT_KMS_ENDPOINT = env.str("VAULT_KMS_ENDPOINT", default="")
VAULT_PREVIOUS_KEY_FILE = env.str("VAULT_PREVIOUS_KEY_FILE", default="")
VAULT_PREVIOUS_KMS_KEY_ID = env.str("VAULT_PREVIOUS_KMS_KEY_ID", default="")
VAULT_DEK_MAX_AGE_DAYS = env.int("VAULT_DEK_MAX_AGE_DAYS", default=365)

# --- Embeddings, and the process that has the model ---

EMBEDDER = env.str("EMBEDDER", default="auto")
EMBEDDER_URL = env.str("EMBEDDER_URL", default="https://api.openai.com/v1")
EMBEDDER_MODEL = env.str("EMBEDDER_MODEL", default="")
EMBEDDER_DIMENSIONS = env.int("EMBEDDER_DIMENSIONS", default=0)
EMBEDDER_SHORTEN = env.bool("EMBEDDER_SHORTEN", default=False)
EMBEDDER_MAX_CHARACTERS = env.int("EMBEDDER_MAX_CHARACTERS", default=8_000)
EMBEDDER_API_KEY_FILE = env.str("EMBEDDER_API_KEY_FILE", default="")
EMBEDDER_CONNECTION = env.str("EMBEDDER_CONNECTION", default="")
HOST_URL = env.str("HOST_URL", default=addresses.host_url(DATA_DIR))
HOST_THREADS = env.int("HOST_THREADS", default=1)
HOST_PREWARM = env.bool("HOST_PREWARM", default=False)

# --- Connections ---

PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")

# --- Webhooks ---

WEBHOOK_BODY_LIMIT_BYTES = env.int("WEBHOOK_BODY_LIMIT_BYTES", default=5_000_000)
WEBHOOK_REQUESTS_AT_ONCE = env.int("WEBHOOK_REQUESTS_AT_ONCE", default=1_000)

# --- Memory ---

MEMORY_QUOTA = env.int("MEMORY_QUOTA", default=1_000_000)
MEMORY_IMPORT_BYTES = env.int("MEMORY_IMPORT_BYTES", default=2_000_000_000)
MEMORY_DELETED_KEPT_DAYS = env.int("MEMORY_DELETED_KEPT_DAYS", default=30)

# --- Artifacts: large outputs, outside of the database ---

ARTIFACT_THRESHOLD_BYTES = env.int("ARTIFACT_THRESHOLD_BYTES", default=64_000)
ARTIFACT_TTL_SECONDS = env.int("ARTIFACT_TTL_SECONDS", default=604_800)
ARTIFACT_QUOTA_BYTES = env.int("ARTIFACT_QUOTA_BYTES", default=1_000_000_000)
ARTIFACTS_S3_BUCKET = env.str("ARTIFACTS_S3_BUCKET", default="")
ARTIFACTS_S3_PREFIX = env.str("ARTIFACTS_S3_PREFIX", default="quartermaster")
ARTIFACTS_S3_ENDPOINT = env.str("ARTIFACTS_S3_ENDPOINT", default="")
ARTIFACTS_S3_REGION = env.str("ARTIFACTS_S3_REGION", default="")
STORAGES = {
    **global_settings.STORAGES,
    "artifacts": {
        "BACKEND": "registry.artifacts.s3.S3Artifacts",
        "OPTIONS": {
            "bucket_name": ARTIFACTS_S3_BUCKET,
            "location": ARTIFACTS_S3_PREFIX,
            "endpoint_url": ARTIFACTS_S3_ENDPOINT or None,
            "region_name": ARTIFACTS_S3_REGION or None,
        },
    }
    if ARTIFACTS_S3_BUCKET
    else {
        "BACKEND": "registry.artifacts.storage.LocalArtifacts",
        "OPTIONS": {"location": str(DATA_DIR / "artifacts")},
    },
}

# --- The API ---

APPROVAL_EXPIRES_SECONDS = env.int("APPROVAL_EXPIRES_SECONDS", default=3600)
REQUEST_BODY_LIMIT_BYTES = env.int("REQUEST_BODY_LIMIT_BYTES", default=2_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_BODY_LIMIT_BYTES

BATCH_MAX_CALLS = env.int("BATCH_MAX_CALLS", default=100)
BATCH_PARALLEL = env.int("BATCH_PARALLEL", default=50)
BATCH_MAX_PARALLEL = env.int("BATCH_MAX_PARALLEL", default=100)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Schema",
    "EXCEPTION_HANDLER": "accounts.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Quartermaster",
    "DESCRIPTION": "The tool registry for AI agents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SECURITY": [{"ApiKey": []}],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "ApiKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "An agent's API key: `Authorization: Bearer qm_…`.",
            },
        },
    },
    "ENUM_NAME_OVERRIDES": {
        "CircuitStateEnum": ["closed", "open", "half_open"],
        "ConnectorSourceEnum": ["shipped", "operator", "openapi", "yaml"],
        "ToolSourceEnum": "registry.models.tool.Source",
        "ExecutionModeEnum": ["sync", "async", "stream"],
        "SearchModeEnum": ["hybrid", "semantic", "keyword"],
        "DecisionEnum": "accounts.decisions.Decision",
        "ApprovalStateEnum": "registry.models.approval.ApprovalState",
        "VersionStateEnum": "registry.models.version.VersionState",
        "ExecutionStatusEnum": "registry.models.execution.Status",
        "BulkStatusEnum": "memory.models.bulk.BulkStatus",
        "ErasedEnum": "memory.models.memory_erasure.Erased",
        "NamespaceAccessEnum": "memory.models.namespace_rule.Access",
        "TrustEnum": "memory.models.memory.Trust",
        "WebhookEventStatusEnum": "webhooks.models.event.EventStatus",
        "WebhookStatusEnum": "webhooks.models.queued.QueueStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.schema.add_problems",
    ],
}

# --- The admin site ---

UNFOLD = chrome.UNFOLD

# --- What it tells of itself ---

METRICS_DIR = Path(env.str("METRICS_DIR", default=str(DATA_DIR / "metrics")))
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.log_format.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "config.log_format.ObjectFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", default="line"),
        }
    },
    # Whatever Django would say of an answer below 500 is not worth a line: the corridor logs its own refusals.
    # Celery would write two lines for every task. At DEBUG the others write what is nobody's business: uvicorn whatever
    # goes through a websocket, urllib3 the URL with its query, botocore and oauthlib keys and tokens.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        **{
            talkative: {"level": "INFO" if LOG_LEVEL == "DEBUG" else LOG_LEVEL}
            for talkative in ("uvicorn.error", "urllib3", "botocore", "oauthlib", "requests_oauthlib")
        },
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
