"""The subcommands of `metaworldx`, one module each, imported when they are called."""
