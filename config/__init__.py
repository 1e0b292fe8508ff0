"""The roof: settings, urls, asgi, celery and the supervisor. It wires everything and holds no rules."""
