"""Write, audit, publish: from marts to a version that readers see."""
