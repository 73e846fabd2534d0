-- What the country's marts are made from beside the provinces' marts: the national pack, and what
-- is known of each partition. Filled by warehouse/national/build.py.

-- Each province of the national pack, and each other that sent something.
--   state     current, stale, missing, broken, unknown (no province of the national pack)
--   is_used   its marts are in the country's figures
CREATE TABLE provinces (
    code VARCHAR, name VARCHAR, state VARCHAR, is_used BOOLEAN, reason VARCHAR, run BIGINT, as_of DATE,
    days_old BIGINT, written_at TIMESTAMP WITH TIME ZONE, rules_version VARCHAR, program_version VARCHAR,
    pack VARCHAR, pack_digest VARCHAR, site VARCHAR, due BIGINT, received BIGINT, accepted BIGINT,
    timely BIGINT, to_fix BIGINT, most_days_late BIGINT
);
-- Marts of a province that cannot be used, and why.
CREATE TABLE problems (province VARCHAR, mart VARCHAR, reason VARCHAR);
-- Indicators and planned figures (form/table/item/figure) that a province defines otherwise than
-- the country: its figures are in no sum.
CREATE TABLE differences (
    province VARCHAR, indicator_code VARCHAR, plan_figure VARCHAR, part VARCHAR, national_definition VARCHAR,
    province_definition VARCHAR
);
-- The national pack, in the columns of the warehouse's tables.
CREATE TABLE now_units (
    code VARCHAR, name VARCHAR, kind VARCHAR, parent_code VARCHAR, valid_from DATE, valid_to DATE, source VARCHAR
);
CREATE TABLE now_indicators (
    code VARCHAR, position BIGINT, name VARCHAR, unit VARCHAR, direction VARCHAR, kind VARCHAR, project_code VARCHAR,
    form_code VARCHAR, baseline_scope VARCHAR, baseline_period VARCHAR, baseline_value DOUBLE, over_time VARCHAR,
    base_over_time VARCHAR, enough_pct DOUBLE
);
-- `level` nation: the amount that the whole country is to reach; null: a share, for every unit.
CREATE TABLE now_targets (
    id BIGINT, indicator_code VARCHAR, scope VARCHAR, unit_code VARCHAR, level VARCHAR, period VARCHAR,
    value DOUBLE, comparison VARCHAR, tag VARCHAR
);
CREATE TABLE now_plan_pairs (
    position BIGINT, plan_form VARCHAR, result_form VARCHAR, table_name VARCHAR, item VARCHAR, figure VARCHAR,
    item_name VARCHAR, figure_name VARCHAR, measure VARCHAR, is_total BOOLEAN, is_units BOOLEAN
);
CREATE TABLE periods (
    code VARCHAR, kind VARCHAR, year BIGINT, first_day DATE, last_day DATE, ends_at DOUBLE, year_before VARCHAR
);
-- The day of the newest run whose marts are used.
CREATE TABLE runs (as_of DATE);
