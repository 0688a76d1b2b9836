"""Specialised experts (SEP): imitation rewards, tracking environments, and the pool of experts."""
