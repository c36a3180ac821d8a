"""Read models: what the inbox's pages show, as frozen facts; nothing here writes."""
