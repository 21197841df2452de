# `make demo` shows the whole way on one machine; `make test` proves it. Only python3 (3.11 or newer) and make are
# taken for granted; everything else is installed into .venv from hash-locked lists, and from Debian where allowed.

PYTHON ?= python3
JOBS   ?= 2
# Tests wait for a third of their time: for servers, leases and children.
WORKERS ?= $(shell expr $(JOBS) + 1)
SIZES  ?= 10000 100000 1000000
VENV   := .venv
BIN    := $(VENV)/bin

# uv leaves compiling to the first run; forbidding it would make every command three times as slow.
unexport PYTHONDONTWRITEBYTECODE
# uv shall trust the certificates that the machine trusts.
export UV_SYSTEM_CERTS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

LONG := tests/e2e tests/integration tests/property tests/long

# What `make check` and `make coverage` run already, so that `make test` need not run it again.
PURE := tests/unit/core tests/unit/mappings tests/unit/benefits tests/unit/retention
CHECKS := tests/architecture/checks
PROVEN := $(addprefix --ignore=,$(PURE) $(CHECKS))
# Several checks at once, each with its lines together where make knows how (4.0).
AT_ONCE = $(MAKE) --no-print-directory -j$(JOBS) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--no-emit-package bensync --quiet $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test long bench check style types documents coverage format lock clean \
	demo-programs test-programs long-programs browser

help:
	@echo 'make demo    the whole way on this machine: a made-up company, an upload center, keys (ARGS="..." for options)'
	@echo 'make test    make check, then all tests (ARGS="..." for pytest)'
	@echo 'make long    the proofs that take hours: every fault point, two years, disks that fail (ARGS="..." for pytest)'
	@echo 'make bench   speed and memory beside lower bounds and peers, up to a million people (ARGS="300" for other sizes)'
	@echo 'make check   ruff, mypy, layers, and whether documents and generated pages are up to date'
	@echo 'make coverage the pure layers: their unit tests must reach every line and branch'
	@echo 'make format  ruff fixes what it can'
	@echo 'make lock    requirements/*.txt anew from requirements/*.in (ARGS=--upgrade for the newest versions)'
	@echo 'make clean   removes .venv, caches and builds'

demo: demo-programs $(VENV)/.demo
	@$(BIN)/bensync demo $(ARGS)

test: test-programs browser style
	@$(AT_ONCE) types documents coverage
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(findstring tests/,$(ARGS)),,$(PROVEN)) $(ARGS)

# One process: most of these tests keep the machine busy with processes of their own, and measure time or memory.
long: test-programs long-programs browser check
	BENSYNC_LONG=1 $(BIN)/python -m pytest $(or $(ARGS),$(LONG))

# Ends in minutes with ARGS="300", in an hour with a million. Sizes of the first half are of the company that HR shows.
bench: export PYTHONPATH := $(CURDIR)
bench: export BENSYNC_NOTES := $(CURDIR)/.bench/notes
bench: test-programs $(VENV)/.demo .venv-bench/.done .venv-airbyte/.done
	@rm -f $(BENSYNC_NOTES)
	@$(BIN)/python benchmarks/measure.py
	$(BIN)/python benchmarks/starting.py
	$(BIN)/python benchmarks/sealing.py $(or $(ARGS),300000)
	$(BIN)/python benchmarks/pulling.py $(or $(ARGS),$(SIZES))
	$(BIN)/python benchmarks/diff.py $(or $(ARGS),$(SIZES))
	$(BIN)/python benchmarks/whole.py $(or $(ARGS),$(SIZES))
	$(BIN)/python benchmarks/intake.py $(or $(ARGS),10000 100000)
	$(BIN)/python benchmarks/pages.py $(or $(firstword $(ARGS)),100000)
	$(BIN)/python benchmarks/events.py $(or $(firstword $(ARGS)),10000)
	$(BIN)/python benchmarks/sync.py $(or $(ARGS),10000 100000)
	@$(BIN)/python benchmarks/targets.py

check: style
	@$(AT_ONCE) types documents

style: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy --strict src

documents: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest --quiet --no-header $(CHECKS)

# The unit tests of the pure layers reach every line and branch of them; those of no other package count.
coverage: $(VENV)/.dev
	$(BIN)/coverage run -m pytest -q $(PURE)
	$(BIN)/coverage report

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo-programs:
	@scripts/debian-packages gpg

test-programs:
	@scripts/debian-packages gpg sshd ssh-keygen

long-programs:
	@scripts/debian-packages strace

browser:
	@scripts/debian-packages chromium

# The list of the tests holds everything of the demo in the same versions, so one stamp stands for both.
$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/.uv
	@scripts/install $(VENV) demo
	@touch $@

# What bensync is compared with never comes near it: an environment of its own, in the newest versions.
.venv-bench/.done: requirements/bench.in | $(VENV)/.uv
	$(PYTHON) -m venv .venv-bench
	$(BIN)/uv pip install --quiet --python .venv-bench/bin/python -r $<
	@touch $@

# Only the manifest and a class of its source are used; that it was made for Python 3.11 does not matter for them.
# Without it the benchmarks say that it is missing.
.venv-airbyte/.done: requirements/airbyte.in | $(VENV)/.uv
	$(PYTHON) -m venv .venv-airbyte
	-$(BIN)/uv pip install --quiet --python .venv-airbyte/bin/python -r $< && \
	.venv-airbyte/bin/python -m pip install --quiet --no-deps --ignore-requires-python airbyte-source-bamboo-hr
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/demo.txt pyproject.toml | $(VENV)/.uv
	@scripts/install $(VENV) dev
	@touch $(VENV)/.demo $@

$(VENV)/.uv: requirements/bootstrap.txt
	@scripts/environment $(PYTHON) $(VENV)
	@touch $@

# The longest list first: the shorter ones take their versions from it.
lock: $(VENV)/.uv
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	for list in bootstrap build demo runtime; do \
		$(LOCK) requirements/$$list.in --constraint requirements/dev.txt -o requirements/$$list.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) .venv-bench .venv-airbyte .bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
