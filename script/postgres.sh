# shellcheck shell=bash
# A throw-away PostgreSQL for tests and measurements. Sourced; lives in $tmp, a folder of the caller's in /tmp. After
# start_postgres it listens on 127.0.0.1:$port, until stop_postgres or the end of the script, however that comes.

port=""
server_pid=""

# A server with nothing in it, for this run only; takes options of the server. Trusting every local user is fine for data that is made up.
start_postgres() {
  local bin uid gid options tries=0
  bin=$(find_postgres_bin) || return 1
  mkdir -- "$tmp/postgres"
  # Even kill -9 of this script then leaves no server.
  local as_server=(setpriv --pdeathsig INT)
  if ((EUID == 0)); then
    # PostgreSQL refuses to run as root.
    uid=$(id -u postgres 2>/dev/null || id -u nobody)
    gid=$(id -g postgres 2>/dev/null || id -g nobody)
    as_server+=(--reuid "$uid" --regid "$gid" --clear-groups)
    chmod 711 -- "$tmp"
    chown "$uid:$gid" -- "$tmp/postgres"
  fi
  # A collation of a language, as production has: a query that relies on the order of bytes shall fail here.
  options=(--locale=C)
  if [[ $("$bin/initdb" --help) == *--icu-locale* ]]; then
    options+=(--locale-provider=icu --icu-locale=en-US)
  fi
  # The server's user need not be able to enter the folder of the project.
  if ! (cd / && "${as_server[@]}" "$bin/initdb" --pgdata="$tmp/postgres/data" --username=instep --auth=trust \
    --encoding=UTF8 --no-sync "${options[@]}") >"$tmp/postgres.log" 2>&1 </dev/null; then
    cat -- "$tmp/postgres.log"
    return 1
  fi
  # The server itself finds out if a port is free: an earlier check could be outdated. Ports
  # from 20000 to 29999 are below those that outgoing connections get.
  while ((tries++ < 20)); do
    port=$((20000 + RANDOM % 10000))
    (
      trap - INT QUIT
      cd /
      exec setsid "${as_server[@]}" "$bin/postgres" -D "$tmp/postgres/data" -p "$port" -h 127.0.0.1 \
        -k "$tmp/postgres" -c max_connections=200 "$@"
    ) >"$tmp/postgres.log" 2>&1 </dev/null &
    server_pid=$!
    if postgres_is_ready; then
      return 0
    fi
    stop_postgres
    grep -q 'could not bind' "$tmp/postgres.log" || break
  done
  cat -- "$tmp/postgres.log"
  return 1
}

# The server's own file says if it is ready: on the port, another server might answer.
postgres_is_ready() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if grep -q '^ready' "$tmp/postgres/data/postmaster.pid" 2>/dev/null; then
      return 0
    fi
    kill -0 "$server_pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

stop_postgres() {
  local tries
  if [[ -z $server_pid ]]; then
    return
  fi
  # INT closes the connections that are left; QUIT also does without the last checkpoint.
  kill -s INT -- "$server_pid" 2>/dev/null || true
  for ((tries = 0; tries < 100; tries++)); do
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -s QUIT -- "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=""
}
