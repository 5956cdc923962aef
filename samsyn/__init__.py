"""Samsyn: structured cases between accounting firms and their clients."""

# True while an operator's command runs, said by `__main__` before the settings are read.
operated = False
