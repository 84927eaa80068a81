# Everything a person needs: `make demo` on a bare machine, `make test` before a change is offered. Steps: docs/install.md.
# Byte-code is wanted (a machine may forbid it, and every start is then slow), and uv must find the venv by itself.
export PYTHONDONTWRITEBYTECODE :=
unexport UV_PYTHON
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
export VIRTUAL_ENV := $(abspath $(VENV))
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
JOBS ?= 2

.PHONY: install demo app test test-tools check bench eval lock sample wheel clean
.DEFAULT_GOAL := install

install: $(VENV)/.installed

demo: install
	$(VENV)/bin/ropewalk demo $(ARGS)

# The dashboard of a folder with a ropewalk.yaml; without CONFIG, of the sample company that `make demo` left behind.
CONFIG ?= ropewalk-demo
app: install
	$(VENV)/bin/ropewalk --config $(CONFIG) app $(ARGS)

# Runtime and all extras, exactly as locked; then this checkout, editable.
$(VENV)/.installed: requirements.lock pyproject.toml scripts/venv.sh
	bash scripts/venv.sh $(VENV)
	$(UV) pip install -q --compile-bytecode --require-hashes -r requirements.lock
	$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.lock
	$(UV) pip install -q --compile-bytecode --require-hashes -r requirements-test.lock
	@touch $@

# Servers and browser that tests start for themselves; what cannot be had is named loudly in the log, and .ci/run fails on it.
test-tools: $(VENV)/.installed-test
	bash scripts/test_tools.sh

test: test-tools
	$(VENV)/bin/pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/.installed-test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/pytest -n $(JOBS) --dist loadfile $(ARGS)

bench: $(VENV)/.installed-test
	$(PY) -m benchmarks.bench $(ARGS)

eval: $(VENV)/.installed-test
	$(PY) -m benchmarks.evaluation $(ARGS)

sample: $(VENV)/.installed-test
	$(PY) data/samples/generate.py

wheel: $(VENV)/.installed
	$(UV) build --wheel --no-build-isolation --out-dir dist

# One lock for 3.11 to 3.13 on Linux, macOS and Windows, with hashes and without the name of any host. The condition
# that all lines share (this project's own bounds) is cut, so that the lines can be read.
COMPILE = env -u PIP_FIND_LINKS -u UV_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL $(UV) pip compile pyproject.toml -q --universal \
  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra all --group build
ALL_PLATFORMS = python_full_version < '3.14' and platform_python_implementation == 'CPython' and \
(sys_platform == 'darwin' or sys_platform == 'linux' or sys_platform == 'win32')
lock:
	test -x $(UV) || bash scripts/venv.sh $(VENV)
	$(COMPILE) $(ARGS) -o requirements.lock
	$(COMPILE) $(ARGS) --group test -c requirements.lock -o requirements-test.lock
	sed -i.old "s/ ; $(ALL_PLATFORMS)\( [\\]\)\{0,1\}$$/\1/" requirements.lock requirements-test.lock
	rm -f requirements.lock.old requirements-test.lock.old

clean:
	rm -rf $(VENV) dist build ropewalk-demo .cache test-artifacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find ropewalk scanners expectations tests data benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
