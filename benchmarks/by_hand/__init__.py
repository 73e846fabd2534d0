"""Forms' rules written by hand in vectorised pandas, as a careful programmer would without any library."""
