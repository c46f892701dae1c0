"""Reading and writing packages: a zip of data.csv and metadata.json, a raw csv, a raw json."""
