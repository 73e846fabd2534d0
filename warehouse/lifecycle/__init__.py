"""The life of a delivery: versions, current rows, reprocessing, withdrawal, cross-checks."""
