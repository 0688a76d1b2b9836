"""Commands of `metaworldx vlm`: questions to teachers."""
