"""Commands of `metaworldx motions`: clips and their sources."""
