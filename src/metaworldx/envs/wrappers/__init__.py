"""Wrappers of tasks and environments, by delegation."""
