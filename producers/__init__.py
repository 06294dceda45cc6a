"""What writes to the stream: replay of history files, readers, the declaration writer."""
