"""Samsyn: structured cases between accounting firms and their clients."""
