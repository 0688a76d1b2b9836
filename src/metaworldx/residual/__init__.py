"""Residual agents: they act on top of composed experts (Table IV of MetaWorld-X)."""
