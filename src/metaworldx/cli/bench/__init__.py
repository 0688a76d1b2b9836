"""Commands of `metaworldx bench`."""
