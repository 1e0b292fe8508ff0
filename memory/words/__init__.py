"""The words of `manage.py memory WORD`, a module each: its NAME and HELP, the arguments it takes, and what it does."""
