"""Rendering of states and clips as images and videos."""
