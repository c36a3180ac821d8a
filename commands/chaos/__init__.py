"""`ouvidor chaos`: the loop, killed and restarted, against networks that misbehave; and what came of it, counted."""
