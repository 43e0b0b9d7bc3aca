#!/usr/bin/env bash
# Recomputes the occurrences of random rules with python-dateutil.
set -euo pipefail
cd "$(dirname "$0")/../.."
target/debug/examples/occurrences 2400 | target/venv/bin/python tests/peers/recurrence.py
