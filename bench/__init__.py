"""Benchmarks: each prints what it measured beside its bar. `make bench` runs them all."""
