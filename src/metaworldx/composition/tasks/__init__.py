"""Composed tasks, one module each, called as the task: affordances and reference schedule."""
