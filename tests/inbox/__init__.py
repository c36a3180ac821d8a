"""The inbox, looked at from outside: requests over a real database, and a browser."""
