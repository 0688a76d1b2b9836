"""Errors, files and the host: what every other folder may use, and which uses none of them."""
