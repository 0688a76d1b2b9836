"""Adapters of the environments to the interfaces of brax and gymnasium."""
