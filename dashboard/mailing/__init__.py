"""Weekly reports by mail: when they are due, what they say, and how they are sent. Only workers and commands send."""
