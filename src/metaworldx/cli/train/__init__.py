"""Commands of `metaworldx train`."""
