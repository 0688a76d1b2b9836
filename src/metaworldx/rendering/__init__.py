"""Rendering of states as pictures and videos."""
