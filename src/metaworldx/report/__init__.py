"""Pictures, videos and tables of what environments and agents do."""
