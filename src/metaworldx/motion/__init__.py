"""Motion priors: clips, built-in human motions, importers, retargeting, checks."""
