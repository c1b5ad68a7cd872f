# run · serve · test · thorough · rounds · fuzz · bench · hall · soak · lint · release — each does its own set-up. Only Python 3.11 or newer, git and make are needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin

.PHONY: run serve test thorough rounds fuzz bench hall soak lint release clean

run: .venv/app.stamp
	$(BIN)/streamlit run explorer_app.py

# For a hall: one process a core behind HAProxy. make serve OPTIONS="--port 443 --certificate hall.pem"
serve: .venv/app.stamp
	sh tools/find_haproxy.sh
	$(BIN)/python -m tools.serve $(OPTIONS)

test: lint
	sh tools/find_chromium.sh
	sh tools/find_haproxy.sh
	$(BIN)/python -m pytest

# `make test`, with all cases of the tests that do the same on hundreds of states.
thorough: lint
	sh tools/find_chromium.sh
	sh tools/find_haproxy.sh
	$(BIN)/python -m pytest --thorough

# Tests again and again with every core kept busy: make rounds OPTIONS="3 tests/browser/test_rooms.py"
rounds: .venv/dev.stamp
	sh tools/find_chromium.sh
	sh tools/find_haproxy.sh
	$(BIN)/python -m tools.rounds $(OPTIONS)

# The property tests of `make test`, with new cases at each call and ten times as many.
fuzz: .venv/dev.stamp
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh tools/check_components.sh

# One benchmark: make bench ONLY=time_to_accuracy
bench: .venv/dev.stamp
	sh tools/find_chromium.sh
	$(BIN)/python -m benchmarks $(ONLY)

# Whether the house holds while everything that can break is broken: make soak OPTIONS="120 60"
soak: .venv/dev.stamp
	$(BIN)/python -m benchmarks.soak $(OPTIONS)

# Wheel and sdist in dist/, each installed in an environment of its own and started there.
release: .venv/dev.stamp
	$(BIN)/python -m tools.release

# 100 and 300 students at once, against one plain process: make hall OPTIONS="--minutes 1"
hall: .venv/dev.stamp
	sh tools/find_haproxy.sh
	$(BIN)/python -m benchmarks.hall $(OPTIONS)

.venv/app.stamp: requirements.txt requirements-package.txt | .venv/bin/python
	$(BIN)/python -m pip install -r requirements.txt
	touch $@

.venv/dev.stamp: requirements-dev.txt requirements-onnx.txt requirements-index.txt requirements-cluster.txt requirements.txt requirements-package.txt | .venv/bin/python
	$(BIN)/python -m pip install -r requirements-dev.txt
	touch $@ .venv/app.stamp

.venv/bin/python:
	sh tools/make_environment.sh "$(PYTHON)" .venv

clean:
	rm -rf .venv build dist
