"""Where an event goes: which routes match it, and what each makes of it."""
