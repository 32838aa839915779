"""Benchmarks, run by hand: `make bench BENCH=turn` is `python -m tests.bench.turn`."""
