"""Commands of `metaworldx bench`: throughput benchmarks."""
