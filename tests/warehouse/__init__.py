"""What tests of the warehouse share: sources with rows in them, and built marts."""
