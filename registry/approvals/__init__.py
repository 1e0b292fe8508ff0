"""Letting a person decide about a call: who wants what is stored, somebody answers, and the call goes on or ends.

digest     what ties an answer to one input: another input is another call
request    the call is stored for people to see, and its execution waits
admits     whether an answer lets a resumed call pass
decide     approve and refuse: one person decides, once
remember   an answer that stands for later calls, too: a permission rule
unanswered withdrawn by the caller, or expired
ending     how an execution ends that never ran
"""
