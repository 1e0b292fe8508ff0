"""Models' messages as their providers shape them: the calls in them are run, and the results shaped to be sent back."""
