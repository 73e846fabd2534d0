-- The day of the newest run whose marts are in the file.
SELECT MAX(r.as_of) AS day FROM runs r
