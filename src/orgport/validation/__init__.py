"""Every rule on rows, values and the population, as columnar checks with exact lines."""
