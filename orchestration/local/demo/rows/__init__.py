"""From the demo world's arrays to rows of the four databases, a file a theme."""
