# The product as an image: one for web server, worker, beat, preparation and backup. docker-compose.yml runs it.
# https://docs.docker.com/build/building/best-practices/

FROM python:3.11-slim-trixie AS packages
WORKDIR /app
COPY requirements.txt .
# Every package is pinned with the hash of its file; none may run code while it is installed.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-input --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.11-slim-trixie
# pg_dump and pg_restore of the server's own version, for backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 staygreen \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin staygreen \
    && install -d -o staygreen -g staygreen -m 700 /data /uploads /backups
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/static-collected \
    TMPDIR=/uploads \
    BIND=0.0.0.0
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY config ./config
COPY sellers ./sellers
COPY messaging ./messaging
COPY orders ./orders
COPY intake ./intake
COPY kpis ./kpis
COPY dashboard ./dashboard
COPY templates ./templates
COPY static ./static
COPY locale ./locale
# Collected here, so that the running container writes nothing but its volumes. No key is needed for it.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q manage.py config sellers messaging orders intake kpis dashboard \
    && rm -rf /tmp/build
USER 10001:10001
VOLUME ["/data", "/uploads"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
