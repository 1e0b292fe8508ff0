"""Where platforms post their events: made, changed, given secrets, paused and removed."""
