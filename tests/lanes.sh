#!/usr/bin/env bash
# Functions that run lists of steps side by side, one list per core. To be sourced. Each step's output is kept in target/logs.

mkdir -p target/logs
: >target/logs/steps

# step NAME COMMAND...: runs a command, prints its output at its end, and ends the lane if it fails.
step() {
  local name=$1 begun=$SECONDS status=0 log
  log="target/logs/${name//[^a-zA-Z0-9]/-}.log"
  shift
  printf '   .. %s\n' "$name"
  "$@" </dev/null >"$log" 2>&1 || status=$?
  {
    flock 9
    printf '\n== %s: %s s\n' "$name" "$((SECONDS - begun))"
    cat "$log"
    [ $status = 0 ] || printf '\nFAILED: %s, exit status %s: %s\n' "$name" "$status" "$*"
  } 9>target/logs/lock
  printf '%6d s  %s\n' "$((SECONDS - begun))" "$name" >>target/logs/steps
  return $status
}

# side_by_side LANE...: runs functions of steps concurrently; the first failure ends them all.
side_by_side() {
  local lane pids=()
  set -m # each lane has its own process group
  for lane in "$@"; do (set -e; "$lane") & pids+=($!); done
  set +m
  # shellcheck disable=SC2064 # the lanes that run now
  trap "kill -- ${pids[*]/#/-} 2>/dev/null || true" EXIT
  for lane in "$@"; do wait -n || exit 1; done
  trap - EXIT
}
