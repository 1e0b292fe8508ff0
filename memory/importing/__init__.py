"""Memories from files of JSON lines, a million at a time.

The lines come in whole first (`files`), then workers read them in turns (`work`), up to a thousand in one transaction
(`chunk`): what they became and how far the import has come are written together, so that a kill loses and repeats
nothing. `lines` cuts the file, `read_line` says what one line is.
"""
