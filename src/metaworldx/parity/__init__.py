"""Parity tests against recordings of HumanoidBench."""
