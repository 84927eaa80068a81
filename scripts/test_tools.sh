#!/usr/bin/env bash
# Gets what tests start for themselves: PostgreSQL (with TLS), MariaDB, Redis, Chromium, OpenSSL (Debian packages) and Azurite (npm). S3 and
# the rest come as wheels with the test lock. What cannot be had is named here and in test-artifacts/missing-tools.txt, which
# .ci/run counts as a failure: a test that did not run is not a test that passed.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p test-artifacts
missing=test-artifacts/missing-tools.txt
: >"$missing"
root=()
if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi

have() { # name...: one of them is enough
  local name
  for name in "$@"; do
    if PATH="$PATH:/usr/sbin:/sbin" type -p "$name" >/dev/null; then return 0; fi
  done
  return 1
}

postgres_server() {
  have postgres && return 0
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

lost() { # tool, mend
  printf '%s\t%s\n' "$1" "$2" >>"$missing"
  printf '\n  !!!!  MISSING FOR THE TESTS: %s\n  !!!!  mend: %s\n\n' "$1" "$2" >&2
}

wanted=()
postgres_server || wanted+=(postgresql)
have mariadbd mysqld || wanted+=(mariadb-server)
have redis-server valkey-server || wanted+=(redis-server)
have chromium chromium-browser google-chrome || wanted+=(chromium)
have npm || wanted+=(nodejs npm)
have openssl || wanted+=(openssl)
if [ ${#wanted[@]} -gt 0 ] && have apt-get; then
  export DEBIAN_FRONTEND=noninteractive
  echo "test tools: installing ${wanted[*]} with apt-get" >&2
  "${root[@]}" apt-get update -qq >/dev/null 2>&1 || true
  # One by one: a package that is not there must not keep the others away.
  for package in "${wanted[@]}"; do
    "${root[@]}" apt-get install -qq -y --no-install-recommends "$package" >/dev/null 2>&1 || true
  done
fi
postgres_server || lost PostgreSQL "apt-get install postgresql"
have mariadbd mysqld || lost MariaDB "apt-get install mariadb-server"
have redis-server valkey-server || lost Redis "apt-get install redis-server"
have chromium chromium-browser google-chrome || lost Chromium "apt-get install chromium"
have openssl || lost OpenSSL "apt-get install openssl"

azurite=3.37.0
if [ ! -x .venv/azurite/node_modules/.bin/azurite ]; then
  if have npm; then
    npm install --silent --no-audit --no-fund --prefix .venv/azurite "azurite@$azurite" >/dev/null 2>&1 || true
  fi
  [ -x .venv/azurite/node_modules/.bin/azurite ] || lost Azurite "npm install --prefix .venv/azurite azurite@$azurite"
fi
