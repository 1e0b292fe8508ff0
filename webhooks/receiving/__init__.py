"""The door at `/hooks/{token}/`, and all behind it up to the commit. `receive.py` lists the steps.

What was answered with success is committed, and what was refused is stored, too, with its reason.
"""
