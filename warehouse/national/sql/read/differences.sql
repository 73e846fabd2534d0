-- What a province defines otherwise than the country.
SELECT d.*, i.name AS indicator_name FROM differences d JOIN now_indicators i ON i.code = d.indicator_code ORDER BY ALL
