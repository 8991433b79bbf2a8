"""Every setting of the product, driven by the environment; the defaults run on a bare machine. See docs/running.md."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from config import environment, keys

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(environment.text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()

# --- Secrets -------------------------------------------------------------------------------------------------------
# Empty until `manage.py up` or the environment provides them: there is no default, and config.checks says what to do.

SECRET_KEY = keys.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
RAW_KEYS = keys.raw_keys(DATA_DIR)
CONNECTION_KEYS = keys.connection_keys(DATA_DIR)
IDENTITY_KEY = keys.identity_key(DATA_DIR)

# Lets a monitor on another machine read /metrics; without one only this machine may.
METRICS_TOKEN = environment.text("METRICS_TOKEN")

# Servers that are spoken to without encryption: none, except where tests put their own.
IMAP_WITHOUT_TLS: list[str] = []

# --- Where it is reached -------------------------------------------------------------------------------------------

DEBUG = environment.flag("DEBUG")
PORT = environment.whole_number("PORT", 8000, low=0, high=65535)
BIND = environment.text("BIND", "127.0.0.1")
_public = environment.web_address("PUBLIC_URL", f"http://localhost:{PORT}")
PUBLIC_URL = _public.geturl()
HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = sorted({"localhost", "127.0.0.1", str(_public.hostname), *environment.words("ALLOWED_HOSTS")})
CSRF_TRUSTED_ORIGINS = sorted({PUBLIC_URL, *environment.words("CSRF_TRUSTED_ORIGINS")})
# How many of our own proxies stand in front; only their headers are believed.
TRUSTED_PROXIES = environment.whole_number("TRUSTED_PROXIES", 0, low=0, high=9)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# --- What it is made of --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.House",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.apps.StaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "sellers",
    "messaging",
    "orders",
    "intake",
    "kpis",
    "dashboard",
]
MIDDLEWARE = [
    # The first ones also reach static files and every error page.
    "config.request_id.RequestIdMiddleware",
    "config.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.replica.ReplicaMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.sessions.SessionLimitsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Everything is closed unless a view says otherwise.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sellers.audit.AuditMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Where facts live ----------------------------------------------------------------------------------------------

# "web" for processes that answer requests (config/gunicorn.py says so), "worker" for everything else.
PROCESS = "web" if environment.text("PROCESS") == "web" else "worker"
DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}", process=PROCESS)}
# Pages and files may come from a replica (config/replica.py); workers and commands never ask it.
if PROCESS == "web" and environment.text("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = environment.database("DATABASE_REPLICA_URL", "", process=PROCESS)
    DATABASE_ROUTERS = ["config.replica.Router"]
# SQLite ignores the covering columns of indexes; they are there for PostgreSQL.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis_url("REDIS_URL")
# Only counters of limits are cached. They live in the database with Redis too: nothing may be only in Redis, and no
# sign-in and no ingest may fail because Redis is away.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # How often a caller of the API has asked. In SQLite even a read would wait for an import's transaction to write
    # that down, so there each web process counts for itself.
    "rates": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "rates"},
    # Pages as they were made, until something changes or the minute is over. At most some 20 MB in each web process.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 60,
        "OPTIONS": {"MAX_ENTRIES": 50},
    },
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
    CACHES["rates"] = CACHES["default"]

# --- Who signs in --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "sellers.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validation}UserAttributeSimilarityValidator"},
    {"NAME": f"{_validation}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validation}CommonPasswordValidator"},
    {"NAME": f"{_validation}NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "config.accounts.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Staygreen] "
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/h/ip,5/30m/key", "reset_password": "20/h/ip,2/h/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Staygreen"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 24 * 60 * 60
# (idle seconds, seconds since signing in) after which a person signs in again; config.sessions applies them.
SESSION_LIMITS = {"member": (8 * 60 * 60, 24 * 60 * 60), "staff": (30 * 60, 12 * 60 * 60)}

# Without EMAIL_URL mails wait as files in DATA_DIR/mail, so that a reset link is never lost and never logged.
if environment.text("EMAIL_URL"):
    globals().update(environment.email("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20  # seconds; a mail server that does not answer must not hold a worker
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", f"staygreen@{_public.hostname}")

# --- What the browser is told --------------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked by the machine itself, over plain http
SECURE_HSTS_SECONDS = environment.whole_number("HSTS_SECONDS", 31_536_000, low=0, high=63_072_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS >= 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Languages and time --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_THOUSAND_SEPARATOR = True  # keys in addresses and forms are written with stringformat:"d"
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ---------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(DATA_DIR / "static"))).absolute()
# Until they are collected (tests, runserver) files are served from where they are written.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are only asked for by developer tools; compressing them would take most of the first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.CollectedOrPlain"},
}
# A batch is at most 5 MiB; the rest is room for headers of a form. Files stream to disk, whatever their size.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 64 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600

# --- API -----------------------------------------------------------------------------------------------------------

KNOX_TOKEN_MODEL = "sellers.ApiToken"  # noqa: S105  # the name of a model
# Knox's own token table is swapped for ours; its migrations would create it all the same.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None, "TOKEN_PREFIX": "sg_"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sellers.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["sellers.api_auth.ScopePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["sellers.api_auth.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {"caller": "200/min"},
    "EXCEPTION_HANDLER": "sellers.api_problems.problem_response",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter like any other, checked with them
    "NUM_PROXIES": TRUSTED_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Staygreen",
    "DESCRIPTION": "Customer-service figures of seller accounts: data in, readings, trends and the rows behind.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sellers.api_problems.document_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RowErrorCode": "intake.codes.ErrorCode",
        "RowWarningCode": "intake.codes.WarningCode",
        "NoteKind": "sellers.models.Note.Kind",
        "ImportState": "intake.models.ImportRun.State",
        "RejectedRowState": "intake.models.RejectedRow.State",
        "ReadingState": "kpis.api_serializers.STATES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Records of what happened --------------------------------------------------------------------------------------

AUDITLOG_CID_GETTER = "config.request_id.current"
AUDITLOG_USE_FK_STRING_REPRESENTATION = True  # an entry says "amazon:c-1", which means something when the row is gone
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.OneLineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": environment.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # Django's own handlers (console in DEBUG, mail to ADMINS) are replaced by the one above.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Beat announces each tick at INFO: dozens of lines a minute that say nothing.
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        # On a busy machine ticks expire, each with a line; the next one does its work.
        "celery.worker.request": {"level": "WARNING"},
    },
}
