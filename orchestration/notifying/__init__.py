"""What is told by the clock, and whether the providers do what they are asked."""
