"""What flows: message types, the stream declaration, topics, reasons, errors, the mergeable sketch. No I/O."""
