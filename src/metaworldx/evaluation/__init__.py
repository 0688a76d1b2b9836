"""Evaluation of controllers: returns, success, motion metrics and paired comparison."""
