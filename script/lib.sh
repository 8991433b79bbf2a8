# What script/run, script/test and script/lock share. Sourced, from the root of the project.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "script/${0##*/}" "$*" >&2; exit 1; }

# Prints a Python of 3.11 or newer that really starts (a version manager's stand-in may not).
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    die "Python 3.11 or newer is not installed; on Debian or Ubuntu type: sudo apt-get install python3 python3-venv"
}

# ready_venv LOCKFILE...: makes .venv and installs each lock file, unless exactly that file is installed already.
ready_venv() {
    local python lock digest stamp
    if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || die "Python's venv module is missing; on Debian or" \
            "Ubuntu type: sudo apt-get install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        say "Making the Python environment in .venv ..."
        rm -rf .venv
        "$python" -m venv .venv || die "the Python environment in .venv could not be made; the lines above say why."
    fi
    for lock in "$@"; do
        digest=$(.venv/bin/python -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read() + sys.version.encode()).hexdigest())' "$lock")
        stamp=.venv/$lock.sha256
        [ "$(cat "$stamp" 2>/dev/null || true)" = "$digest" ] && continue
        say "Installing the packages of $lock ..."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock" ||
            die "installing the packages of $lock failed; the lines above say why. Run this again when it is mended."
        printf '%s\n' "$digest" >"$stamp"
    done
}
