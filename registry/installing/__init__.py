"""From a connector's actions to tools: what each becomes, and what that changes of the tools that are there already.

`facts` says what an action is as a tool, `compare` which version that makes of it; the verbs are `registry/install.py`.
"""
