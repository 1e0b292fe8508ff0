"""How well search finds what was kept: a labelled set of memories and questions, and the measures over it."""
