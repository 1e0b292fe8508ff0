"""Floor 4. Being told (inbound events) and telling (outbound deliveries)."""
