"""How well searches are answered, and how fast: looked at while they are answered.

`offer.py` is what a search tells; `read.py` is what the pages are told.
"""
