"""Worlds, files and references that several tests build on."""
