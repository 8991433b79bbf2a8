"""Ways in that fetch by themselves. A connector knows how to sign in and where it stopped; it never interprets."""
