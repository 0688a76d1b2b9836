"""Offline teacher, which reads a task's words with a lexicon."""
