"""Offline teacher, which parses a task's text with a lexicon."""
