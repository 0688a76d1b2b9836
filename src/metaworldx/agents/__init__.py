"""Learners: one folder each, of the same files."""
