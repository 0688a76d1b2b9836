"""One module a task, or a few that share their rewards."""
