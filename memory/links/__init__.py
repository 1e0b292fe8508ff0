"""What memories have to do with one another: links, made and read by whoever may read both ends."""
