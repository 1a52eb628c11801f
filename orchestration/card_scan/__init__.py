"""Card numbers where none may be: looked for in databases, queues, logs, files and snapshots."""
