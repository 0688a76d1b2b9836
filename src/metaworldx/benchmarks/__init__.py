"""Throughput benchmarks, with bare physics or matrix products as reference."""
