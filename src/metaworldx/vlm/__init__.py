"""Teachers: expert relevance for a task, from a vision-language model or an offline parser."""
