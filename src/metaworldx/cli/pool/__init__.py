"""Commands of `metaworldx pool`: expert pools."""
