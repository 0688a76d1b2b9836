"""Commands of `metaworldx eval`."""
