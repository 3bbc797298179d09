"""What the company rents out, independent of what stores or serves it."""
