-- What the view mart_progress of a province asks beside mart_rollups. The country sends no report
-- of its own, and none is due from it.
CREATE TEMP TABLE mart_figures AS
SELECT f.* EXCLUDE (province, is_current, is_flagged), 1 AS is_current, 0 AS is_flagged FROM detail.mart_figures f LIMIT 0;
CREATE TEMP TABLE indicator_values (indicator_code VARCHAR, form_code VARCHAR, unit_code VARCHAR, period VARCHAR);
CREATE TEMP TABLE now_obligations (form_code VARCHAR, unit_code VARCHAR, period VARCHAR, stage VARCHAR);
