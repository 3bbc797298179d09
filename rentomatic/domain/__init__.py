"""What the company rents out, whatever stores or serves it."""
