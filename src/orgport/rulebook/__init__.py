"""The book of rules: for each code one page with what it means, why, examples, and how to mend it."""
