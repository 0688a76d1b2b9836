"""Commands of `metaworldx vlm`."""
