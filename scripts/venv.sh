#!/usr/bin/env bash
# Makes a virtual environment with the locked uv in it: scripts/venv.sh .venv
# Takes the first of python3.13, python3.12, python3.11, python3 that is 3.11 to 3.13 and of which one can be made; manages
# where Python came without ensurepip, as in Debian without python3-venv.
set -euo pipefail
venv=${1:?name the folder of the virtual environment}
lock=$(dirname "$0")/../requirements.lock
unset VIRTUAL_ENV UV_PYTHON

say() { printf 'venv: %s\n' "$*" >&2; }

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

candidates() {
  for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    type -ap "$name" 2>/dev/null || true
  done | awk '!seen[$0]++' | while read -r python; do
    if fits "$python"; then echo "$python"; fi
  done
}

# uv and its hashes, as the lock has them.
locked_uv() { awk '/^uv==/ {on=1} on {print} on && !/\\$/ {exit}' "$lock"; }

with_pip() { # python
  "$1" -m venv "$venv" >/dev/null 2>&1
}

with_foreign_pip() { # python: another pip on this machine installs into the new environment
  local other
  "$1" -m venv --without-pip "$venv" >/dev/null 2>&1 || return 1
  locked_uv >"$venv/uv.txt" # a file: pip starts itself anew with --python, and a pipe would be gone
  for other in "$1" $(candidates); do
    if "$other" -m pip --python "$venv/bin/python" install -q --require-hashes -r "$venv/uv.txt" 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

with_tool() { # python: uv or virtualenv that is already here
  if type -p uv >/dev/null && uv venv -q --seed --python "$1" "$venv" 2>/dev/null; then return 0; fi
  if type -p virtualenv >/dev/null && virtualenv -q -p "$1" "$venv" 2>/dev/null; then return 0; fi
  return 1
}

with_apt() { # python: Debian and Ubuntu keep ensurepip in a package of its own
  local version root=()
  type -p apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi
  version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  say "installing python$version-venv with apt-get"
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -qq -y "python$version-venv" >/dev/null 2>&1 ||
    { "${root[@]}" apt-get update -qq >/dev/null 2>&1 &&
      DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -qq -y "python$version-venv" >/dev/null 2>&1; } || return 1
  with_pip "$1"
}

if [ -x "$venv/bin/uv" ] && fits "$venv/bin/python"; then exit 0; fi

found=$(candidates)
if [ -z "$found" ]; then
  say "no Python 3.11, 3.12 or 3.13 on this machine"
  say "mend: install one (Debian: apt-get install python3 python3-venv), or name it: make install PYTHON=/path/to/python3.12"
  exit 2
fi

made=
for way in with_pip with_foreign_pip with_tool with_apt; do
  for python in $found; do
    rm -rf "$venv"
    if "$way" "$python"; then made=$python; break 2; fi
  done
done
if [ -z "$made" ]; then
  rm -rf "$venv"
  say "no virtual environment can be made with any of: $(echo $found)"
  say "mend: install ensurepip (Debian: apt-get install python3-venv), or pip, virtualenv or uv"
  exit 2
fi

if [ ! -x "$venv/bin/uv" ]; then
  locked_uv >"$venv/uv.txt"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$venv/uv.txt"
  rm -f "$venv/uv.txt"
fi
say "$("$venv/bin/python" -V) from $made"
