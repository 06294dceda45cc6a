"""What is stored: taken out as files, thrown away by age, backed up and restored."""
