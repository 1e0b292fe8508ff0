"""How memories get their vectors: with the write, in the background, and anew when the model is changed."""
