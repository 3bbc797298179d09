# Shared by install, upgrade, restore and uninstall, which source it after environment.sh.
#
#   step WHAT COMMAND...    prints WHAT and runs COMMAND; with --dry-run it only prints
#
# shellcheck shell=sh
# These files use each other's variables.
# shellcheck disable=SC2034,SC2154
umask 022

opt=/opt/rentomatic
current=$opt/current
previous=$opt/previous
settings=/etc/rentomatic/rentomatic.env
tokens=/etc/rentomatic/tokens
secret_key=/etc/rentomatic/secret.key
nginx_main=/etc/nginx/nginx.conf
tls_site=/etc/nginx/sites-enabled/rentomatic-tls
log=/var/log/nginx/rentomatic.log
backups=/var/backups/rentomatic
socket=/run/rentomatic/rentomatic.sock
command=/usr/local/bin/rentomatic
timer=rentomatic-backup.timer
units=/etc/systemd/system
local_database='postgresql:///rentomatic?host=/var/run/postgresql'
# How long a release may take to become ready before the former one is restored.
ready_seconds=${READY_SECONDS:-20}
dry_run=

step() {
    printf '%s\n' "$1"
    shift
    [ -n "$dry_run" ] || "$@"
}

need_root() {
    [ "$(id -u)" = 0 ] || fail "must run as root; use: sudo $0"
}

# Without a running systemd, half of the steps would succeed and no unit would start.
need_systemd() {
    case $(systemctl is-system-running 2>/dev/null || true) in
    '' | offline | unknown)
        fail "systemd is not running, so nothing was changed; run this on Debian 12 or later, booted with systemd"
        ;;
    esac
}

# Two at the same time would undo each other's work.
take_turn() {
    exec 9>/run/lock/rentomatic-install
    flock --nonblock 9 ||
        fail "another install, upgrade, restore or uninstall is running; nothing was changed, try again when it has finished"
}

as_postgres() {
    (cd / && runuser -u postgres -- "$@")
}

# as_service RELEASE [NAME=value...] COMMAND...: runs a command with the service's account and settings.
as_service() {
    (
        cd "$1" || exit
        shift
        exec runuser -u rentomatic -- env -i PATH="$PATH" LANG=C.UTF-8 RENTOMATIC_ENV_FILE="$settings" "$@"
    )
}

# Takes the public URL from the site with TLS, once that is enabled. Keeps one that is already set.
set_public_url() {
    if [ ! -e "$tls_site" ] || grep -qs '^[[:space:]]*RENTOMATIC_PUBLIC_URL=' "$settings"; then return; fi
    name=$(sed -n 's/^[[:space:]]*server_name[[:space:]]\{1,\}\([A-Za-z0-9][A-Za-z0-9.-]*\).*/\1/p' "$tls_site" |
        grep -vxF rooms.example.com | head -n 1)
    [ -z "$name" ] || step "setting: RENTOMATIC_PUBLIC_URL=https://$name" add_setting "RENTOMATIC_PUBLIC_URL=https://$name"
}

# set_secret_key RELEASE: makes the key that encrypts the secrets of webhooks. Keeps one that is already set.
set_secret_key() {
    if grep -qs '^[[:space:]]*RENTOMATIC_SECRET_KEY' "$settings"; then return; fi
    [ -e "$secret_key" ] || step "key: $secret_key" make_key "$1"
    step "setting: RENTOMATIC_SECRET_KEY_FILE=$secret_key" add_setting "RENTOMATIC_SECRET_KEY_FILE=$secret_key"
}

make_key() {
    (umask 077 && "$1/.venv/bin/rentomatic" searches key >"$secret_key.new")
    chown root:rentomatic "$secret_key.new"
    chmod 640 "$secret_key.new"
    mv "$secret_key.new" "$secret_key"
}

add_setting() {
    # An editor may have left out the last line break.
    [ -z "$(tail -c 1 "$settings")" ] || printf '\n' >>"$settings"
    printf '%s\n' "$1" >>"$settings"
}

# Whether the settings name the database that install makes.
is_local_database() {
    [ ! -e "$settings" ] || grep -qxF "DATABASE_URL=$local_database" "$settings"
}

asked() {
    [ "$(as_postgres psql -XAtc "$1" postgres 2>/dev/null)" = 1 ]
}

has_server() {
    asked 'select 1'
}

# Starts the cluster on the settings' port. Debian's unit `postgresql` is active even if no cluster runs.
start_server() {
    if has_server; then return; fi
    if [ -n "$dry_run" ] && ! command -v pg_lsclusters >/dev/null; then return; fi
    unit=$(pg_lsclusters --no-header | awk '$3 == 5432 { print "postgresql@" $1 "-" $2; exit }')
    [ -n "$unit" ] ||
        fail "there is no PostgreSQL cluster on port 5432; pg_lsclusters lists the clusters, pg_createcluster makes one"
    step "start: $unit" systemctl start "$unit" || true
    [ -n "$dry_run" ] || has_server ||
        fail "PostgreSQL does not answer on port 5432, so nothing else was changed; see: journalctl -u $unit"
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
    for package in ca-certificates curl nginx python3-venv "$server"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] || step "packages:$missing" apt_install "$missing"
}

apt_install() {
    apt-get update --quiet=2 || fail "apt-get update failed; check the network, then run this again"
    # shellcheck disable=SC2086 # several words
    said=$(DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $1 2>&1) || {
        printf '%s\n' "$said" >&2
        fail "apt-get install failed; its output above says why"
    }
}

# Packs the checkout reproducibly, so that the archive's digest identifies the release.
pack() {
    tar --create --file="$1" --directory="$root" --sort=name --mtime=@0 --format=gnu \
        --owner=root:0 --group=root:0 --mode='u=rwX,go=rX' \
        --exclude=./.git --exclude=./.venv --exclude=./.venv.lock --exclude=./.data --exclude=./.made \
        --exclude=./.env --exclude=./build --exclude=./dist --exclude='./.*_cache' --exclude=./.hypothesis \
        --exclude=./.coverage --exclude='*.egg-info' --exclude=__pycache__ \
        --exclude='*.rejected.csv' .
}

# name_release ARCHIVE: prints the version and the start of the archive's digest.
name_release() {
    version=$(sed -n 's/^version = //p' "$root/setup.cfg")
    printf '%s-%s\n' "$version" "$(sha256sum "$1" | cut -c 1-8)"
}

# make_release ARCHIVE RELEASE: unpacks and installs; the file .made marks a complete release.
make_release() {
    rm -rf "$2"
    mkdir -p "$2"
    tar --extract --file="$1" --directory="$2"
    # Debian's Python: the service may not be able to read one that root installed.
    /usr/bin/python3 -m venv "$2/.venv"
    if ! (pip_install "$2" --requirement requirements.txt && pip_install "$2" --no-deps .); then
        rm -rf "$2"
        exit 1
    fi
    rm -rf "$2/build" "$2"/*.egg-info
    (cd "$2" && .venv/bin/python -m compileall -q rentomatic ops wsgi_app.py)
    touch "$2/.made"
}

# quietly MESSAGE COMMAND...: shows the output only if the command fails, then fails with MESSAGE.
quietly() {
    what=$1
    shift
    said=$("$@" 2>&1) || {
        printf '%s\n' "$said" >&2
        fail "$what"
    }
}

check_settings() {
    quietly "the settings are wrong (see above); correct them in $settings, then run this again" \
        as_service "$1" .venv/bin/rentomatic check --before-start
}

check_all() {
    quietly "a check failed; see FAILED above" as_service "$1" .venv/bin/rentomatic check
}

# lacks_migrations RELEASE: whether the database lacks some of its migrations.
lacks_migrations() {
    as_service "$1" .venv/bin/rentomatic check | grep -q '^migrations .*FAILED'
}

migrate() {
    quietly "the migrations could not be applied (see above); the one that failed was rolled back" \
        as_service "$1" .venv/bin/rentomatic migrate
}

# Whether this is the machine that makes the backups.
makes_backups() {
    systemctl is-enabled --quiet "$timer" 2>/dev/null
}

# Each file of a release, and where it is installed.
unit_files() {
    cat <<'FILES'
ops/systemd/rentomatic.target /etc/systemd/system/rentomatic.target
ops/systemd/rentomatic.socket /etc/systemd/system/rentomatic.socket
ops/systemd/rentomatic.service /etc/systemd/system/rentomatic.service
ops/systemd/rentomatic-migrate.service /etc/systemd/system/rentomatic-migrate.service
ops/systemd/rentomatic-notify.service /etc/systemd/system/rentomatic-notify.service
ops/systemd/notify-network.conf /etc/systemd/system/rentomatic-notify.service.d/20-network.conf
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
ops/nginx/balanced.conf /etc/nginx/sites-available/rentomatic-balanced
ops/nginx/metrics.conf /etc/nginx/sites-available/rentomatic-metrics
FILES
}

# put SOURCE TARGET FORMER: installs SOURCE as TARGET, or removes TARGET if there is no SOURCE.
# A TARGET that differs from FORMER, the previous release's file, was edited by an operator and is kept.
put() {
    if [ ! -e "$1" ] && cmp -s "$2" "$3"; then step "remove: $2" rm "$2"; fi
    if [ ! -e "$1" ] || cmp -s "$1" "$2"; then return; fi
    if [ -e "$2" ] && ! cmp -s "$2" "$3"; then
        printf '%s was changed by hand and is kept; compare it with %s\n' "$2" "$1"
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

# put_files RELEASE FORMER: installs units, nginx's files and its log; in a dry run RELEASE is the checkout.
put_files() {
    while read -r file target; do
        put "$1/$file" "$target" "$2/$file"
    done <<FILES
$(unit_files; site_files)
FILES
    [ -n "$(find "$log" -perm 640 2>/dev/null)" ] || step "log: $log" close_log
    [ -n "$dry_run" ] || systemctl daemon-reload
}

# nginx would create it readable by all accounts. logrotate keeps its mode.
close_log() {
    (umask 027 && : >>"$log")
    chown www-data:adm "$log"
    chmod 640 "$log"
}

reload_nginx() {
    step "nginx: check" quietly "nginx rejects its configuration; see above" nginx -t
    step "nginx: reload" systemctl reload-or-restart nginx
}

# more_connections, fewer_connections: print nginx's main file with our limits, or with Debian's. Both
# directives work in that file only. One client's half-sent requests can use up Debian's 768 connections.
more_connections() {
    sed -e 's/^worker_processes auto;$/&\nworker_rlimit_nofile 16384;/' \
        -e 's/^\(\tworker_connections\) 768;$/\1 8192;/' "$nginx_main"
}

fewer_connections() {
    sed -e '/^worker_rlimit_nofile 16384;$/d' -e 's/^\(\tworker_connections\) 8192;$/\1 768;/' "$nginx_main"
}

# Whether the standard input is nginx's main file as Debian ships it, by dpkg's digest.
is_shipped() {
    digest=$(md5sum | cut -d ' ' -f 1)
    dpkg-query --show --showformat='${Conffiles}\n' nginx-common 2>/dev/null |
        grep -qF " $nginx_main $digest"
}

# write_main COMMAND: replaces nginx's main file with the command's output.
write_main() {
    "$1" >"$nginx_main.new"
    mv "$nginx_main.new" "$nginx_main"
}

# Keeps a file that an operator has changed.
raise_connections() {
    if [ ! -e "$nginx_main" ] || is_shipped <"$nginx_main"; then
        step "nginx: allow 8192 connections per process, in $nginx_main" write_main more_connections
        return
    fi
    allowed=$(sed -n 's/^[[:space:]]*worker_connections[[:space:]]\{1,\}\([0-9]\{1,\}\);.*/\1/p' "$nginx_main")
    [ "${allowed:-512}" -ge 8192 ] || printf '%s was changed by hand and is kept; raise worker_connections in it from %s to 8192, and worker_rlimit_nofile to 16384\n' \
        "$nginx_main" "${allowed:-512}"
}

# Restores Debian's limits, unless an operator has changed the file since.
restore_connections() {
    [ -e "$nginx_main" ] && ! is_shipped <"$nginx_main" && fewer_connections | is_shipped || return 0
    step "nginx: restore Debian's limit of connections, in $nginx_main" write_main fewer_connections
}

# switch RELEASE: atomically, so that there is always a current release.
switch() {
    ln -sfn "releases/${1##*/}" "$current.new"
    mv -T "$current.new" "$current"
}

# Restarts the service, and what notifies webhooks, if this release has it.
restart_services() {
    systemctl restart rentomatic
    if [ -e "$units/rentomatic-notify.service" ]; then
        systemctl enable --quiet rentomatic-notify
        systemctl restart rentomatic-notify
    else
        systemctl stop rentomatic-notify 2>/dev/null || true
    fi
}

# Sends requests through the socket, as nginx does; they start the service if it is stopped.
wait_until_ready() {
    deadline=$(($(date +%s) + ready_seconds))
    until curl --silent --fail --max-time 2 --output /dev/null --unix-socket "$socket" \
        http://localhost/health/ready; do
        [ "$(date +%s)" -lt "$deadline" ] ||
            fail "the service is not ready after $ready_seconds s; see: journalctl -u rentomatic"
        sleep 0.2
    done
}
