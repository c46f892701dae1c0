"""The life of one import: its states, its stages, its inbox."""
