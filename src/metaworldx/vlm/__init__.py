"""Teachers: which experts a task needs, asked of a vision-language model or found without one."""
