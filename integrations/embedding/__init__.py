"""What a text means, as a vector: the port (`base.py`), its embedders, and the shelf that has them by name."""
