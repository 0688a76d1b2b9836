"""Errors, files, statistics and host information: the lowest layer, used by all others."""
