"""Who is told what, and carrying it there."""
