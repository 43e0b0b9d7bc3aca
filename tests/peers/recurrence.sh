#!/usr/bin/env bash
# Occurrences of random rules, counted again by python-dateutil.
set -euo pipefail
cd "$(dirname "$0")/../.."
target/debug/examples/occurrences 2400 | target/venv/bin/python tests/peers/recurrence.py
