# make run          the main job on simulated services, with its page (PORT=8050)
# make test         lint, types, layers and the tests
# make test-heavy   the long tests
# make bench        measurements
# make screenshots  pictures of the page for the docs
# make lock         resolve the dependencies anew
# make clean        remove everything that make made

VENV := .venv
PORT ?= 8050
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: run test test-heavy lint bench screenshots lock clean setup
.DEFAULT_GOAL := run

run: $(READY)
	@$(BIN)/spy-demo --port $(PORT)

test: lint
	@.ci/setup-tests
	$(PYTEST) -m 'not heavy'

test-heavy: $(READY)
	@.ci/setup-tests
	$(PYTEST) -m heavy

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(READY)
	$(BIN)/python -m bench

screenshots: $(READY)
	@.ci/setup-tests
	$(BIN)/python docs/take_screenshots.py

setup: $(READY)

$(READY): pyproject.toml requirements.lock .ci/setup
	@PYTHON="$(PYTHON)" .ci/setup

# uv resolves for all supported Pythons at once; it lives apart from what it locks.
lock: $(READY)
	@test -x .make/lock/bin/uv || { $(BIN)/python -m venv .make/lock && .make/lock/bin/pip install --quiet 'uv>=0.9,<1'; }
	.make/lock/bin/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-config --no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
		--output-file requirements.lock
	.make/lock/bin/uv pip compile tests/provider/requirements.in --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-config --no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
		--output-file tests/provider/requirements.lock

clean:
	rm -rf $(VENV) .make .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
