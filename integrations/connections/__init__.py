"""A tenant's accounts with outside services: connecting, checking, refreshing, rotating, and going out with them."""
