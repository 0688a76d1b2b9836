"""Throughput measurements, each against the bare physics underneath."""
