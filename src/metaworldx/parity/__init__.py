"""Checks this project against recordings of HumanoidBench."""
