"""all-MiniLM-L6-v2 in numpy. Only `model.py` and `forward.py` need numpy; they are loaded on first use, by the host."""
