#!/bin/bash
# The first start of PostgreSQL in a container: an account and a database each for Leeway and MLflow, and one that only
# reads, for Grafana. Nobody else may connect.
set -euo pipefail

ask() { psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres "$@"; }

owner() { # NAME PASSWORD
  ask --set name="$1" --set password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

owner leeway "$LEEWAY_DB_PASSWORD"
owner mlflow "$MLFLOW_DB_PASSWORD"
ask --set password="$GRAFANA_DB_PASSWORD" <<'SQL'
CREATE ROLE grafana LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE leeway TO grafana;
GRANT pg_read_all_data TO grafana;
SQL
