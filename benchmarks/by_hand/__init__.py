"""Rules of two forms in vectorised pandas, as a careful programmer writes them by hand."""
