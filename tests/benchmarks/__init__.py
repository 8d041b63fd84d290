"""Benchmarks: speed and quality, measured and printed, never asserted by the test suite."""
