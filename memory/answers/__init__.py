"""What is asked of memories and what is answered, both as JSON: the same through REST, the tools and the command.

Each function takes who asks and what they ask, calls a verb in the tenant's scope, and shows what came of it.
"""
