"""Gemini as a teacher."""
