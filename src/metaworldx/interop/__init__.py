"""The environments under other libraries' interfaces: brax and gymnasium."""
