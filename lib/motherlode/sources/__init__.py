"""Raw records of every input format to canonical, typed rows."""
