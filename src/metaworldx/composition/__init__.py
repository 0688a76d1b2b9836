"""Composition of a pool's experts in a task, Eq. 9 and 13 of MetaWorld-X."""
