"""Commands of `metaworldx pool`."""
