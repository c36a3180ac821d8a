"""Long runs of `ouvidor chaos`, and a naive client in the same world to compare with."""
