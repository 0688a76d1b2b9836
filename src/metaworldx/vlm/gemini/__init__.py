"""Gemini teacher."""
