"""Commands of `metaworldx motions`."""
