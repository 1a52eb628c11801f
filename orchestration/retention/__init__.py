"""What ends by itself, and what is forgotten once nothing can refer to it."""
