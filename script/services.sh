# A throw-away PostgreSQL and Redis on free ports for one run of script/test or script/bench. Sourced; it needs $scratch and .venv.

service_pids=()

# Ends what start_services started, by process id; called when the script ends, however it ends.
stop_services() {
    local pid
    for pid in "${service_pids[@]+"${service_pids[@]}"}"; do
        kill -INT "$pid" 2>/dev/null || true # PostgreSQL: end now, without waiting for its clients
    done
    for pid in "${service_pids[@]+"${service_pids[@]}"}"; do
        wait "$pid" 2>/dev/null || true
    done
    service_pids=()
}

free_port() { .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

postgres_folder() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -rV); do
        [ -x "$folder/initdb" ] && { printf '%s\n' "$folder"; return; }
    done
    command -v initdb >/dev/null && dirname "$(command -v initdb)"
}

# tied COMMAND... replaces this shell by the command, so that its process id is the one we know; where the system can,
# the kernel ends it should we be killed. as_ordinary_user does it without root's rights, with which PostgreSQL does
# not run.
tied() {
    command -v setpriv >/dev/null && exec setpriv --pdeathsig=KILL "$@"
    exec "$@"
}
as_ordinary_user() {
    [ "$(id -u)" = 0 ] || tied "$@"
    exec setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups --pdeathsig=KILL "$@"
}

# start_services [OPTION...]: the options are PostgreSQL's.
start_services() {
    local bin port password redis_port
    bin=$(postgres_folder)
    password=$(.venv/bin/python -c 'import secrets; print(secrets.token_hex(16))')
    mkdir "$scratch/postgres"
    printf '%s\n' "$password" >"$scratch/postgres/password"
    if [ "$(id -u)" = 0 ]; then
        chown -R nobody "$scratch/postgres"
        chmod 711 "$scratch"
    fi
    (cd / && as_ordinary_user "$bin/initdb" --pgdata="$scratch/postgres/data" --username=staygreen --encoding=UTF8 \
        --locale=C --auth=scram-sha-256 --pwfile="$scratch/postgres/password" >"$scratch/initdb.log" 2>&1) ||
        { cat "$scratch/initdb.log" >&2; die "PostgreSQL could not make its data folder; the lines above say why."; }
    port=$(free_port)
    (cd / && as_ordinary_user "$bin/postgres" -D "$scratch/postgres/data" -p "$port" -k "$scratch/postgres" \
        -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
        -c max_connections=100 "$@") >"$scratch/postgres.log" 2>&1 &
    service_pids+=($!)
    redis_port=$(free_port)
    printf '%s\n' "bind 127.0.0.1" "port $redis_port" "requirepass $password" 'save ""' "appendonly no" \
        "dir $scratch" "maxmemory-policy noeviction" >"$scratch/redis.conf"
    chmod 600 "$scratch/redis.conf"
    (tied redis-server "$scratch/redis.conf") >"$scratch/redis.log" 2>&1 &
    service_pids+=($!)
    export DATABASE_URL="postgres://staygreen:$password@127.0.0.1:$port/postgres"
    export REDIS_URL="redis://:$password@127.0.0.1:$redis_port/0"
    .venv/bin/python - <<'PYTHON' || { cat "$scratch/postgres.log" "$scratch/redis.log" >&2; die "PostgreSQL or Redis did not start; the lines above say why."; }
import os, sys, time
import psycopg, redis

deadline = time.monotonic() + 30
while True:
    try:
        psycopg.connect(os.environ["DATABASE_URL"]).close()
        redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
        break
    except (psycopg.OperationalError, redis.ConnectionError) as error:
        if time.monotonic() > deadline:
            sys.exit(str(error))
        time.sleep(0.1)
PYTHON
}
