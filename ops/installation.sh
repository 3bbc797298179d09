# What install, upgrade, restore and uninstall share; sourced by them after environment.sh.
#
#   step WHAT COMMAND...    tells what is done and does it; with --dry-run it only tells
#
# shellcheck shell=sh
# What is set here is used there, and the other way round.
# shellcheck disable=SC2034,SC2154
umask 022

opt=/opt/rentomatic
current=$opt/current
previous=$opt/previous
settings=/etc/rentomatic/rentomatic.env
tokens=/etc/rentomatic/tokens
nginx_main=/etc/nginx/nginx.conf
log=/var/log/nginx/rentomatic.log
backups=/var/backups/rentomatic
socket=/run/rentomatic/rentomatic.sock
command=/usr/local/bin/rentomatic
units=/etc/systemd/system
local_database='postgresql:///rentomatic?host=/var/run/postgresql'
# How long a release may take to become ready before it is taken back.
ready_seconds=${READY_SECONDS:-20}
dry_run=

step() {
    printf '%s\n' "$1"
    shift
    [ -n "$dry_run" ] || "$@"
}

need_root() {
    [ "$(id -u)" = 0 ] || fail "needs root; use: sudo $0"
}

# Without a running systemd half of it would be done, and no unit could be started.
need_systemd() {
    case $(systemctl is-system-running 2>/dev/null || true) in
    '' | offline | unknown)
        fail "systemd does not run here, so nothing is changed; it needs Debian 12 or later, booted with systemd"
        ;;
    esac
}

# Two of them at once would each undo what the other does.
take_turn() {
    exec 9>/run/lock/rentomatic-install
    flock --nonblock 9 || fail "another install, upgrade, restore or uninstall is at work; wait for its end"
}

as_postgres() {
    (cd / && runuser -u postgres -- "$@")
}

# as_service RELEASE [NAME=value...] COMMAND...: as the service runs it, with no other settings.
as_service() {
    (
        cd "$1" || exit
        shift
        exec runuser -u rentomatic -- env -i PATH="$PATH" LANG=C.UTF-8 RENTOMATIC_ENV_FILE="$settings" "$@"
    )
}

# Whether the database is the one that install makes, and not another that the settings name.
is_local_database() {
    [ ! -e "$settings" ] || grep -qxF "DATABASE_URL=$local_database" "$settings"
}

asked() {
    [ "$(as_postgres psql -XAtc "$1" postgres 2>/dev/null)" = 1 ]
}

has_server() {
    asked 'select 1'
}

# The cluster on the port that the settings mean. Debian's unit `postgresql` is active whether any
# cluster runs or not.
start_server() {
    if has_server; then return; fi
    if [ -n "$dry_run" ] && ! command -v pg_lsclusters >/dev/null; then return; fi
    unit=$(pg_lsclusters --no-header | awk '$3 == 5432 { print "postgresql@" $1 "-" $2; exit }')
    [ -n "$unit" ] || fail "there is no PostgreSQL cluster on port 5432; pg_lsclusters shows those that there are"
    step "start: $unit" systemctl start "$unit" || true
    [ -n "$dry_run" ] || has_server ||
        fail "PostgreSQL does not answer on port 5432, so nothing else is changed; see: journalctl -u $unit"
}

has_role() {
    asked "select 1 from pg_roles where rolname = 'rentomatic'"
}

has_database() {
    asked "select 1 from pg_database where datname = '$1'"
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    server=postgresql
    is_local_database || server=postgresql-client
    missing=
    for package in curl nginx python3-venv "$server"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] || step "packages:$missing" apt_install "$missing"
}

apt_install() {
    apt-get update --quiet=2 || fail "apt-get update failed; is the network there?"
    # shellcheck disable=SC2086 # several words
    said=$(DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $1 2>&1) || {
        printf '%s\n' "$said" >&2
        fail "apt-get install failed"
    }
}

# The checkout as an archive that is the same wherever and whenever it was checked out, so that its
# digest names what is installed.
pack() {
    tar --create --file="$1" --directory="$root" --sort=name --mtime=@0 --format=gnu \
        --owner=root:0 --group=root:0 --mode='u=rwX,go=rX' \
        --exclude=./.git --exclude=./.venv --exclude=./.venv.lock --exclude=./.data --exclude=./.made \
        --exclude=./.env --exclude=./build --exclude=./dist --exclude='./.*_cache' --exclude=./.hypothesis \
        --exclude=./.coverage --exclude='*.egg-info' --exclude=__pycache__ \
        --exclude='*.rejected.csv' .
}

# name_release ARCHIVE: the version, and what tells apart two checkouts of the same one.
name_release() {
    version=$(sed -n 's/^version = //p' "$root/setup.cfg")
    printf '%s-%s\n' "$version" "$(sha256sum "$1" | cut -c 1-8)"
}

# make_release ARCHIVE RELEASE: with .made in it when it is complete.
make_release() {
    rm -rf "$2"
    mkdir -p "$2"
    tar --extract --file="$1" --directory="$2"
    # Debian's Python: one of root's own might be where the service may not look.
    /usr/bin/python3 -m venv "$2/.venv"
    if ! (pip_install "$2" --requirement requirements.txt && pip_install "$2" --no-deps .); then
        rm -rf "$2"
        exit 1
    fi
    rm -rf "$2/build" "$2"/*.egg-info
    (cd "$2" && .venv/bin/python -m compileall -q rentomatic ops wsgi_app.py)
    touch "$2/.made"
}

# quietly WHAT COMMAND...: shows what it says only if it fails.
quietly() {
    what=$1
    shift
    said=$("$@" 2>&1) || {
        printf '%s\n' "$said" >&2
        fail "$what"
    }
}

check_settings() {
    quietly "the settings cannot be used; mend $settings" \
        as_service "$1" .venv/bin/rentomatic check --before-start
}

check_all() {
    quietly "not all is well; see FAILED above" as_service "$1" .venv/bin/rentomatic check
}

migrate() {
    quietly "the migrations could not be applied; nothing of the one that failed is kept" \
        as_service "$1" .venv/bin/rentomatic migrate
}

# Each file of a release, and where it goes.
unit_files() {
    cat <<'FILES'
ops/systemd/rentomatic.target /etc/systemd/system/rentomatic.target
ops/systemd/rentomatic.socket /etc/systemd/system/rentomatic.socket
ops/systemd/rentomatic.service /etc/systemd/system/rentomatic.service
ops/systemd/rentomatic-migrate.service /etc/systemd/system/rentomatic-migrate.service
ops/systemd/rentomatic-backup.service /etc/systemd/system/rentomatic-backup.service
ops/systemd/rentomatic-backup.timer /etc/systemd/system/rentomatic-backup.timer
ops/systemd/sandbox.conf /etc/systemd/system/rentomatic.service.d/10-sandbox.conf
ops/systemd/sandbox.conf /etc/systemd/system/rentomatic-.service.d/10-sandbox.conf
FILES
}

site_files() {
    cat <<'FILES'
ops/nginx/http.conf /etc/nginx/conf.d/rentomatic.conf
ops/nginx/locations.conf /etc/nginx/snippets/rentomatic.conf
ops/nginx/site.conf /etc/nginx/sites-available/rentomatic
ops/nginx/tls.conf /etc/nginx/sites-available/rentomatic-tls
ops/nginx/metrics.conf /etc/nginx/sites-available/rentomatic-metrics
FILES
}

# put SOURCE TARGET FORMER: writes a file that is missing, or that still is as FORMER, the file of
# the release before, brought it; removes it if there is no SOURCE. What an operator has changed
# stays.
put() {
    if [ ! -e "$1" ] && cmp -s "$2" "$3"; then step "remove: $2" rm "$2"; fi
    if [ ! -e "$1" ] || cmp -s "$1" "$2"; then return; fi
    if [ -e "$2" ] && ! cmp -s "$2" "$3"; then
        printf '%s was changed by hand and stays; compare it with %s\n' "$2" "$1"
        return
    fi
    step "file: $2" write_file "$1" "$2"
}

write_file() {
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.new"
    chmod 644 "$2.new"
    mv "$2.new" "$2"
}

# put_files RELEASE FORMER: the units, nginx's files and its log; with --dry-run RELEASE is the checkout.
put_files() {
    while read -r file target; do
        put "$1/$file" "$target" "$2/$file"
    done <<FILES
$(unit_files; site_files)
FILES
    [ -n "$(find "$log" -perm 640 2>/dev/null)" ] || step "log: $log" close_log
    [ -n "$dry_run" ] || systemctl daemon-reload
}

# nginx would make it for every account to read; who turns it over keeps its mode.
close_log() {
    (umask 027 && : >>"$log")
    chown www-data:adm "$log"
    chmod 640 "$log"
}

reload_nginx() {
    step "nginx: check" quietly "nginx refuses its settings" nginx -t
    step "nginx: reload" systemctl reload-or-restart nginx
}

# more_connections, fewer_connections: nginx's main file as Debian ships it, with other limits. nginx
# reads both in that file only. Half-sent requests of one client use up Debian's 768 connections.
more_connections() {
    sed -e 's/^worker_processes auto;$/&\nworker_rlimit_nofile 16384;/' \
        -e 's/^\(\tworker_connections\) 768;$/\1 8192;/' "$nginx_main"
}

fewer_connections() {
    sed -e '/^worker_rlimit_nofile 16384;$/d' -e 's/^\(\tworker_connections\) 8192;$/\1 768;/' "$nginx_main"
}

# Whether the standard input is nginx's main file as Debian ships it, by the digest that dpkg has.
is_shipped() {
    digest=$(md5sum | cut -d ' ' -f 1)
    dpkg-query --show --showformat='${Conffiles}\n' nginx-common 2>/dev/null |
        grep -qF " $nginx_main $digest"
}

# write_main COMMAND: what it prints becomes nginx's main file.
write_main() {
    "$1" >"$nginx_main.new"
    mv "$nginx_main.new" "$nginx_main"
}

# A file that an operator has changed stays.
raise_connections() {
    if [ ! -e "$nginx_main" ] || is_shipped <"$nginx_main"; then
        step "nginx: 8192 connections for each process, in $nginx_main" write_main more_connections
        return
    fi
    allowed=$(sed -n 's/^[[:space:]]*worker_connections[[:space:]]\{1,\}\([0-9]\{1,\}\);.*/\1/p' "$nginx_main")
    [ "${allowed:-512}" -ge 8192 ] || printf '%s was changed by hand and stays; with worker_connections %s, raise it to 8192, and worker_rlimit_nofile to 16384\n' \
        "$nginx_main" "${allowed:-512}"
}

# It is again as it was, unless an operator has changed it since.
restore_connections() {
    [ -e "$nginx_main" ] && ! is_shipped <"$nginx_main" && fewer_connections | is_shipped || return 0
    step "nginx: as many connections as before, in $nginx_main" write_main fewer_connections
}

# switch RELEASE: at no moment is there no release.
switch() {
    ln -sfn "releases/${1##*/}" "$current.new"
    mv -T "$current.new" "$current"
}

# Asks through the socket, as nginx does; it starts the service if nothing else does.
wait_until_ready() {
    deadline=$(($(date +%s) + ready_seconds))
    until curl --silent --fail --max-time 2 --output /dev/null --unix-socket "$socket" \
        http://localhost/health/ready; do
        [ "$(date +%s)" -lt "$deadline" ] ||
            fail "it is not ready after $ready_seconds s; see: journalctl -u rentomatic"
        sleep 0.2
    done
}
