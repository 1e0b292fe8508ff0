"""Floor 3. The tools: catalogue, health, the corridor that executes them, the transports."""
