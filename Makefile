# See the README for what each target does.
.PHONY: up test bench demo install lock check

up: install
	@./iju up

demo: install
	@sh requirements/install.sh dev
	@.venv/bin/python -m tests.standins.demo

install:
	@sh requirements/install.sh

test:
	@sh requirements/install.sh dev
	@sh requirements/system.sh
	@.venv/bin/python -m pytest

check:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict bot knowledge actions channels
	@.venv/bin/python -m nlu.check
	@./iju knowledge check

bench:
	@sh requirements/install.sh dev
	@.venv/bin/python -m tests.bench.$(or $(BENCH),turn)

# After editing requirements/*.in
lock:
	uv pip compile -q --generate-hashes --python-version 3.10 requirements/engine.in -o requirements/engine.txt
	uv pip compile -q --generate-hashes --python-version 3.11 requirements/app.in -o requirements/app.txt
	uv pip compile -q --generate-hashes --python-version 3.11 -c requirements/app.txt requirements/dev.in -o requirements/dev.txt
