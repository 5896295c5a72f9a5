"""One module for each input format: raw text to canonical rows. Each declares a FORMAT."""
