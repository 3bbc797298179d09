# The virtual environment of the checkout; sourced by the commands beside this file.
#
#   environment EXTRAS    makes .venv if it does not exist, installs the EXTRAS of setup.cfg if they
#                         have changed, and sets $python
#   pip_install FOLDER ARGUMENTS...
#                         installs into the .venv of FOLDER, or exits with one line that says why not
#
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# Tries each candidate: a version manager's python3.12 may exist and refuse to run.
find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "needs Python 3.11 or later, found $(python3 --version 2>&1 || true); set PYTHON=/path/to/python"
}

make_environment() {
    base=$(find_python) || exit 1
    printf 'making the virtual environment .venv\n' >&2
    if ! said=$("$base" -m venv --clear "$root/.venv" 2>&1); then
        rm -rf "$root/.venv"
        "$base" -c 'import venv, ensurepip' 2>/dev/null ||
            fail "cannot make .venv: Python's venv module is missing (Debian: apt install python3-venv)"
        free=$(df -hP "$root" | awk 'NR == 2 { print $4 }')
        fail "cannot make .venv ($free free on its disk): $(printf '%s\n' "$said" | tail -n 1)"
    fi
    printf '%s\n' "$root" >"$root/.venv/.root"
}

pip_install() {
    folder=$1
    shift
    said=$(cd "$folder" && .venv/bin/python -m pip --disable-pip-version-check install --quiet "$@" 2>&1) &&
        return
    case $said in
    *'connection broken by'*'from versions: none'* | *'Max retries exceeded'*)
        reason='no package index can be reached'
        ;;
    *)
        reason=$(printf '%s\n' "$said" | grep '^ *ERROR' || printf '%s\n' "$said")
        reason=$(printf '%s\n' "$reason" | tail -n 1)
        ;;
    esac
    fail "cannot install into $folder/.venv: $reason"
}

environment() {
    python=$root/.venv/bin/python
    # Two commands must not make it at the same time. Without flock, nothing prevents that.
    exec 9>"$root/.venv.lock" || fail "cannot write to $root"
    if command -v flock >/dev/null; then flock 9; fi
    # After a checkout is moved, its .venv still has the old paths.
    if [ "$(cat "$root/.venv/.root" 2>/dev/null)" != "$root" ] || ! "$python" -c '' 2>/dev/null; then
        make_environment
    fi
    wanted=$("$python" "$root/ops/dependencies.py" "$1") || fail "setup.cfg cannot be read"
    stamp=$root/.venv/.installed-$(printf '%s' "$1" | tr ',' '-')
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        printf 'installing into .venv\n' >&2
        # The versions that a platform installs, without digests: pip would require one for the checkout.
        sed -n 's/^\([^ #]*==[^ ]*\).*/\1/p' "$root/requirements.txt" >"$root/.venv/constraints.txt"
        pip_install "$root" --constraint .venv/constraints.txt --editable ".[$1]"
        printf '%s\n' "$wanted" >"$stamp" || fail "cannot write $stamp"
    fi
    exec 9>&-
}
