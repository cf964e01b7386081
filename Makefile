# make demo     the whole path on the sandbox, then the sandbox stays up until Ctrl-C
# make demo ONCE=1   the same, and ends
# make test     every test, installing what they need
# make check    format, lint, types, import contracts
# make bench    our cost against the floor, on loopback
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench format clean

.venv/installed: pyproject.toml .ci/install
	@PYTHON="$(PYTHON)" sh .ci/install
	@touch $@

demo: .venv/installed
	@$(BIN)/colisync demo $(if $(ONCE),--once)

test: .venv/installed
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .venv/installed
	$(BIN)/ruff format --check core connectors tests bench
	$(BIN)/ruff check core connectors tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed
	$(BIN)/python bench/labels.py
	$(BIN)/python bench/orders.py
	$(BIN)/python bench/kill.py

format: .venv/installed
	$(BIN)/ruff check --fix core connectors tests bench
	$(BIN)/ruff format core connectors tests bench

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .demo
