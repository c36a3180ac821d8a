"""What reading and writing one channel share."""
