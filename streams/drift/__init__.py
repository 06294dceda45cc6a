"""Pure statistics of drift: counts in, figures out."""
