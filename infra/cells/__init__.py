"""What drift is counted in: the reference of a version, made by training, and where the past is counted again."""
